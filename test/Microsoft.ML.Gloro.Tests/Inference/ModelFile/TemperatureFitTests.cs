using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Core;

namespace Microsoft.ML.Gloro.Tests.Inference;

[TestClass]
public sealed class TemperatureFitTests
{
    [TestMethod]
    [DataRow(0.05, 3)]
    [DataRow(1.0, 10)]
    [DataRow(40.0, 2)]
    public void Fit_LabelsDrawnAtATemperature_RecoversIt(double temperature, int classes)
    {
        var (logits, labels) = Draw(100_000, classes, temperature);

        Assert.AreEqual(temperature, TemperatureFit.Fit(logits, labels), 0.02 * temperature);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Fit_AnyRows_HasTheLeastLogLossOfTheSmoothedLabels(int seed)
    {
        var (logits, labels) = Draw(50, 4, 0.5, seed);
        double fitted = TemperatureFit.Fit(logits, labels), least = LogLoss(fitted);

        // Near the minimum the loss is flat: a part in a thousand moves it by a part in a million.
        foreach (double factor in new[] { 0.1, 0.5, 0.9, 0.999, 1.001, 1.1, 2, 10 })
            Assert.IsGreaterThan(least, LogLoss(factor * fitted));

        double LogLoss(double t) => logits.Select((row, n) =>
        {
            double[] y = [.. row.Select(v => v / t)];
            double normalizer = Math.Log(y.Sum(Math.Exp));
            return normalizer - y[labels[n]] + ((normalizer - y.Average()) / logits.Length);
        }).Sum();
    }

    [TestMethod]
    [DataRow(10, 7)]
    [DataRow(10, 10)]
    [DataRow(1000, 999)]
    [DataRow(100_000, 100_000)]
    [DataRow(1, 1)]
    public void Fit_TwoClassesAtOneMargin_GivesTheLogOddsOfHalfARowMore(int count, int right)
    {
        // Of N rows with the margin d, k are right, and half of one row more: e^(d/T) = (k + ½) / (N − k + ½). If all are right, d/T =
        // ln(2N + 1).
        const double margin = 0.25;
        float[][] logits = [.. Enumerable.Repeat<float[]>([1, 1 - (float)margin], count)];
        int[] labels = [.. Enumerable.Range(0, count).Select(n => n < right ? 0 : 1)];

        double expected = margin / Math.Log((right + 0.5) / (count - right + 0.5));

        Assert.AreEqual(expected, TemperatureFit.Fit(logits, labels), 1e-9 * expected);
    }

    [TestMethod]
    public void Fit_AllRowsRightByManyMargins_IsFinite()
    {
        var (logits, _) = Draw(3000, 5, 1);
        int[] labels = [.. logits.Select(row => Array.IndexOf(row, row.Max()))];

        double temperature = TemperatureFit.Fit(logits, labels);

        // Sharper than the labels that were drawn, and not without doubt: the closest row is nearly a tie.
        Assert.IsTrue(temperature is > 0.001 and < 0.2, $"{temperature}");
    }

    [TestMethod]
    public void Fit_LabelsWorseThanChance_LeavesScoresNearlyEqualAndInOrder()
    {
        float[][] logits = [[3, 1, 0], [0, 2, 1], [1, 0, 5]];

        double temperature = TemperatureFit.Fit(logits, [2, 0, 1]);

        Assert.AreEqual(1000 * (3 + 2 + 5) / 3.0, temperature, 1e-9);
        float[] scores = [.. logits[0].Select(y => MathF.Exp((float)((y - 3) / temperature)))];
        Assert.IsTrue(scores[0] > scores[1] && scores[1] > scores[2] && scores[2] > 0.99f);
    }

    [TestMethod]
    public void Fit_OneClassOnly_IsAsSureOfItAsItsRows()
    {
        float[][] logits = [[2, 0], [2, 0], [2, 0], [0, 2]];

        // Three are right and one is wrong, whatever their class.
        Assert.AreEqual(2 / Math.Log(3.5 / 1.5), TemperatureFit.Fit(logits, [0, 0, 0, 0]), 1e-9);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void Fit_RowsThatAreNotFinite_DoNotCount(float fault)
    {
        var (logits, labels) = Draw(40, 3, 2);
        double without = TemperatureFit.Fit([.. logits.Skip(2)], [.. labels.Skip(2)]);
        logits[0] = [fault, fault, fault];
        logits[1][2] = fault;

        Assert.AreEqual(without, TemperatureFit.Fit(logits, labels));
    }

    [TestMethod]
    public void Fit_NothingToFitTo_IsOne()
    {
        Assert.AreEqual(1, TemperatureFit.Fit([], []));
        Assert.AreEqual(1, TemperatureFit.Fit([[float.NaN, 1], [float.NaN, float.NaN]], [0, 1]));
        Assert.AreEqual(1, TemperatureFit.Fit([[3, 3, 3], [-1, -1, -1]], [0, 1]));
    }

    [TestMethod]
    [DataRow(20)]
    [DataRow(-20)]
    public void Fit_ScaledLogits_ScalesTheTemperature(int exponent)
    {
        var (logits, labels) = Draw(100, 4, 1);
        double temperature = TemperatureFit.Fit(logits, labels), scale = Math.Pow(2, exponent);

        double scaled = TemperatureFit.Fit([.. logits.Select(row => Array.ConvertAll(row, y => (float)(y * scale)))], labels);

        Assert.AreEqual(temperature * scale, scaled, "Powers of two scale every step without rounding.");
    }

    [TestMethod]
    public void Fit_ExtremeLogits_StaysWithinTheLimits()
    {
        float[] extremes = [float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, 0f, -0f, 1e-38f, 1e38f, 1];
        var random = new Random(4);
        for (int i = 0; i < 500; i++)
        {
            float[][] logits =
            [
                .. Enumerable.Range(0, 1 + random.Next(6))
                    .Select(_ => Enumerable.Range(0, 3).Select(_ => extremes[random.Next(extremes.Length)]).ToArray()),
            ];
            double temperature = TemperatureFit.Fit(logits, [.. logits.Select(_ => random.Next(3))]);
            Assert.IsTrue(temperature is >= ModelLimits.LeastTemperature and <= ModelLimits.LargestTemperature, $"{temperature}");
        }
    }

    /// <summary>Logits of a spread of some temperatures, and labels drawn from softmax(y / T).</summary>
    private static (float[][] Logits, int[] Labels) Draw(int count, int classes, double temperature, int seed = 1)
    {
        var random = new Random(seed);
        float[][] logits =
        [
            .. Enumerable.Range(0, count)
                .Select(_ => Enumerable.Range(0, classes).Select(_ => (float)(2 * temperature * Rows.Normal(random))).ToArray()),
        ];
        return (logits, [.. logits.Select(Label)]);

        int Label(float[] row)
        {
            double[] weights = [.. row.Select(y => Math.Exp(y / temperature))];
            double left = random.NextDouble() * weights.Sum();
            int label = 0;
            while (label < weights.Length - 1 && (left -= weights[label]) > 0)
                label++;
            return label;
        }
    }
}
