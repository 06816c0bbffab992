using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Traps;

/// <summary>
/// Certificates with tolerances: exact where the truth is known, and never broken by a point within the ellipsoid. Features are in very
/// different units, and some cannot change.
/// </summary>
[TestClass]
public sealed class ToleranceTrapTests
{
    private const int Features = 6;
    private const double Slightly = 1e-4; // radii are floats, and logits too

    [TestMethod]
    public void Transform_LinearModel_RadiusIsExact()
    {
        int steps = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            DeployedNetwork network = Linear(seed);
            float[] tolerances = network.Metric!.Tolerances;
            float[][] inputs = Inputs(network, seed, count: 8);
            List<ScoredRow> rows = Score(network, inputs);
            for (int row = 0; row < inputs.Length; row++)
            {
                double[] logits = ReferenceForward.Run(network, inputs[row]);
                int top = Array.IndexOf(logits, logits.Max());
                var (rival, distance, direction) = Nearest(network, logits, top);
                Assert.IsLessThanOrEqualTo(distance * (1 + 1e-6), rows[row].CertifiedRadius, $"seed {seed}, row {row}");
                if (logits[top] - logits[rival] < 1e-2 * logits.Max(Math.Abs))
                    continue; // the rounding of logits to float is not small beside such a margin
                Assert.IsGreaterThanOrEqualTo(distance * (1 - Slightly), rows[row].CertifiedRadius, $"seed {seed}, row {row}");

                Assert.AreEqual(top, TopAt(rows[row].CertifiedRadius * (1 - Slightly)), "a step within the radius");
                Assert.AreNotEqual(top, TopAt(rows[row].CertifiedRadius * (1 + (3 * Slightly))), "a step beyond it");
                steps++;

                int TopAt(double radius)
                {
                    double[] changed = [.. inputs[row].Select((x, i) => x + (tolerances[i] * direction[i] * radius))];
                    for (int i = 0; i < Features; i++)
                        Assert.IsTrue(tolerances[i] > 0 || changed[i] == inputs[row][i], "only movable features move");
                    double[] there = ReferenceForward.Run(network, changed, network.Layers.Count);
                    return Array.IndexOf(there, there.Max());
                }
            }
        }

        Assert.IsGreaterThan(200, steps);
    }

    [TestMethod]
    public void Transform_LinearModel_FixedFeaturesMoveTheLogitsButNotTheRadius()
    {
        // One feature decides, and it cannot change: whatever its weight, the radius is that of the others, but for rounding.
        float[] weights = [1, 0, 50, 0, 1, -50];
        DeployedNetwork network = new(TensorShape.Vector(3), [new DeployedDense(weights, [0, 0], 3, 2)], tolerances: [0.5f, 0.5f, 0]);
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: false);

        Assert.AreEqual(Math.Sqrt(0.5), model.Constants[0, 1], 1e-5);
    }

    [TestMethod]
    public void Transform_RandomAndSteepestPointsOfTheEllipsoid_KeepTheCertifiedSet()
    {
        int attacked = 0;
        double consumed = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            DeployedNetwork network = Deep(seed);
            float[][] inputs = Inputs(network, seed, count: 6);
            List<ScoredRow> rows = Score(network, inputs);
            for (int row = 0; row < inputs.Length; row++)
            {
                double radius = rows[row].CertifiedRadius;
                if (radius == 0)
                    continue;
                int top = Array.IndexOf(rows[row].Logits, rows[row].Logits.Max());
                double margin = Margin(ReferenceForward.Run(network, inputs[row]), top);
                double least = Math.Min(Random(network, inputs[row], top, radius, seed), Ascend(network, inputs[row], top, radius));
                Assert.IsGreaterThan(0, least, $"seed {seed}, row {row}: within {radius} the top class changes");
                consumed = Math.Max(consumed, 1 - (least / margin));
                attacked++;
            }
        }

        Assert.IsGreaterThan(40, attacked);
        Assert.IsGreaterThan(0.5, consumed, "an attack that comes nowhere near proves nothing");
    }

    [TestMethod]
    public void InputGuard_LargestRadius_KeepsEveryPointOfTheEllipsoidWithinTheLargestNorm()
    {
        DeployedNetwork network = Deep(3);
        GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: false);
        var guard = new InputGuard(model);

        Assert.IsLessThan(model.Rounding.LargestNorm, guard.LargestCenter + ((double)guard.LargestRadius * network.Metric!.Largest));
        Assert.IsGreaterThan(0, guard.LargestRadius);
        Assert.AreEqual(RowError.Unknown, guard.ErrorWithin(MathF.BitIncrement(guard.LargestRadius), default));
    }

    private static List<ScoredRow> Score(DeployedNetwork network, float[][] inputs)
    {
        using var transformer = TestModels.Transformer(TestModels.Create(network, RobustnessGuarantee.Local, 0, isImage: false));
        return ScoredRow.All(transformer.Transform(VectorRow.View(inputs.Select(x => new VectorRow { Features = x }))));
    }

    private static DeployedNetwork Linear(int seed)
    {
        var random = new RandomNetworks(seed);
        float[] tolerances = Tolerances(random, seed);
        DeployedDense final = random.Dense(Features, 4);
        return seed % 2 == 0
            ? new DeployedNetwork(TensorShape.Vector(Features), [final], tolerances: tolerances)
            : new DeployedNetwork(TensorShape.Vector(Features), [Scaling(random), final], tolerances: tolerances);
    }

    private static DeployedNetwork Deep(int seed)
    {
        var random = new RandomNetworks(100 + seed);
        float[] tolerances = Tolerances(random, seed);
        return new DeployedNetwork(
            TensorShape.Vector(Features),
            [Scaling(random), random.Dense(Features, 8), RandomNetworks.MinMax, random.Dense(8, 3)],
            tolerances: tolerances);
    }

    private static float[] Tolerances(RandomNetworks random, int seed) =>
        [.. random.Values(Features).Select((value, i) => (i + seed) % 4 == 1 ? 0 : MathF.Pow(10, 2 * value))];

    private static DeployedScaling Scaling(RandomNetworks random) =>
        new([.. random.Values(Features).Select(value => MathF.Pow(10, value))], random.Values(Features));

    private static float[][] Inputs(DeployedNetwork network, int seed, int count)
    {
        var random = new RandomNetworks(1000 + seed);
        float[] units = Array.ConvertAll(network.Metric!.Tolerances, tolerance => Math.Max(0.1f, tolerance));
        return [.. Enumerable.Range(0, count).Select(_ => random.Values(Features, 3).Zip(units, (u, unit) => u * unit).ToArray())];
    }

    // The nearest rival class in tolerances, how far it is, and the direction in u, of length 1.
    private static (int Rival, double Distance, double[] Direction) Nearest(DeployedNetwork network, double[] logits, int top)
    {
        var final = network.Final;
        float[] scale = network.Layers[0] is DeployedScaling scaling ? scaling.Scale : [.. Enumerable.Repeat(1f, Features)];
        (int, double, double[]) best = (-1, double.PositiveInfinity, []);
        for (int i = 0; i < logits.Length; i++)
        {
            double[] slope = [.. Enumerable.Range(0, Features).Select(f =>
                ((double)final.Row(i)[f] - final.Row(top)[f]) * scale[f] * network.Metric!.Tolerances[f])];
            double steepness = Math.Sqrt(slope.Sum(s => s * s)), distance = (logits[top] - logits[i]) / steepness;
            if (i != top && distance < best.Item2)
                best = (i, distance, Array.ConvertAll(slope, s => s / steepness));
        }

        return best;
    }

    private static double Margin(double[] logits, int top) => logits[top] - logits.Where((_, i) => i != top).Max();

    private static double MarginAt(DeployedNetwork network, float[] x, double[] u, int top)
    {
        double[] changed = [.. x.Select((value, i) => value + (network.Metric!.Tolerances[i] * u[i]))];
        return Margin(ReferenceForward.Run(network, changed, network.Layers.Count), top);
    }

    private static double Random(DeployedNetwork network, float[] x, int top, double radius, int seed)
    {
        var random = new RandomNetworks(5000 + seed);
        return Enumerable.Range(0, 200).Min(_ =>
            MarginAt(network, x, Cut([.. random.Values(Features).Select(v => (double)v)], radius), top));
    }

    // Steps along the gradient in u, by differences, each cut back to the ball.
    private static double Ascend(DeployedNetwork network, float[] x, int top, double radius)
    {
        double[] u = new double[Features];
        double least = MarginAt(network, x, u, top);
        for (int step = 0; step < 30; step++)
        {
            double width = radius * 1e-4, here = MarginAt(network, x, u, top);
            double[] slope = [.. Enumerable.Range(0, Features).Select(f =>
            {
                double[] aside = [.. u];
                aside[f] += width;
                return (MarginAt(network, x, aside, top) - here) / width;
            })];
            double length = Math.Sqrt(slope.Sum(s => s * s)), share = Math.Max(0.05, Math.Cos(Math.PI / 2 * step / 30));
            if (length == 0)
                break;
            u = [.. u.Select((value, f) => value - (slope[f] / length * radius * share))];
            if (Math.Sqrt(u.Sum(value => value * value)) > radius)
                u = Cut(u, radius);
            least = Math.Min(least, MarginAt(network, x, u, top));
        }

        return least;
    }

    private static double[] Cut(double[] u, double radius)
    {
        double length = Math.Sqrt(u.Sum(value => value * value));
        return [.. u.Select(value => value / length * radius * (1 - 1e-9))];
    }
}
