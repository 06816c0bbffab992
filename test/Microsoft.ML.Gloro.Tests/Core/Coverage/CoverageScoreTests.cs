namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Bounds of label scores against scores that are computed directly, at the row and at points near it.</summary>
[TestClass]
public sealed class CoverageScoreTests
{
    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Bounds_PointsOfALinearModelWithinEpsilon_HoldTheScoreOfEachPoint(CoverageScoreKind kind)
    {
        var random = new Random(5);
        for (int trial = 0; trial < 300; trial++)
        {
            var model = new LinearModel(random, classes: 2 + (trial % 9), features: 4);
            double temperature = Math.Exp((4 * random.NextDouble()) - 2), epsilon = random.NextDouble();
            double[] x = LinearModel.Point(random, [0, 0, 0, 0], 2);
            float[] logits = [.. model.Logits(x).Select(y => (float)y)];
            double error = 1e-6; // the step to float above
            for (int label = 0; label < logits.Length; label++)
            {
                double atMost = CoverageScore.AtMost(kind, temperature, logits, label, model.Constants, new(error, 0), epsilon);
                double atLeast = CoverageScore.AtLeast(kind, temperature, logits, label, model.Constants, new(error, 0), epsilon);
                for (int attack = 0; attack < 20; attack++)
                {
                    // Half of them straight towards one class, which is the worst that can be done to a margin.
                    double[] moved = attack % 2 == 0 ? LinearModel.Point(random, x, epsilon)
                        : model.Towards(x, random.Next(logits.Length), label, attack % 4 == 1 ? epsilon : -epsilon);
                    double score = model.Score(kind, temperature, moved, label);
                    Assert.IsLessThanOrEqualTo(atMost, score, $"trial {trial}");
                    Assert.IsGreaterThanOrEqualTo(atLeast, score, $"trial {trial}");
                }
            }
        }
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Bounds_TwoClassesOfALinearModel_AreReached(CoverageScoreKind kind)
    {
        var random = new Random(6);
        var model = new LinearModel(random, classes: 2, features: 3);
        double[] x = LinearModel.Point(random, [0, 0, 0], 1);
        float[] logits = [.. model.Logits(x).Select(y => (float)y)];
        double atMost = CoverageScore.AtMost(kind, 0.7, logits, 0, model.Constants, default, 0.25);
        Assert.AreEqual(
            model.Score(kind, 0.7, model.Towards(x, 1, 0, 0.25), 0), atMost, 1e-5, "the bound is exact where there is one margin");
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Bounds_NothingIsKnown_AreInfinite(CoverageScoreKind kind)
    {
        var constants = new LinearModel(new Random(1), 3, 2).Constants;
        foreach (var (logits, error, epsilon) in new (float[], double, double)[]
        {
            ([1, float.NaN, 0], 0, 0), ([1, float.PositiveInfinity, 0], 0, 0), ([1, 2, 3], double.PositiveInfinity, 0),
                ([1, 2, 3], double.NaN, 0),
            ([1, 2, 3], 0, double.NaN), ([1, 2, 3], 0, -1), ([1, 2, 3], 0, double.PositiveInfinity),
        })
        {
            Assert.AreEqual(double.PositiveInfinity, CoverageScore.AtMost(kind, 1, logits, 0, constants, new(error, 0), epsilon));
            Assert.AreEqual(double.NegativeInfinity, CoverageScore.AtLeast(kind, 1, logits, 0, constants, new(error, 0), epsilon));
        }
    }

    [TestMethod]
    public void Bounds_HugeLogits_AreOrderedAndNeverNaN()
    {
        var constants = new LinearModel(new Random(2), 3, 2).Constants;
        foreach (var kind in Enum.GetValues<CoverageScoreKind>())
        {
            foreach (float[] logits in new float[][] { [float.MaxValue, -float.MaxValue, 0], [1e30f, 1e30f, -1e30f], [1e-45f, 0, -1e-45f] })
            {
                for (int label = 0; label < 3; label++)
                {
                    double atMost = CoverageScore.AtMost(kind, 1e-3, logits, label, constants, new(1e-3, 0), 0.1),
                        atLeast = CoverageScore.AtLeast(kind, 1e-3, logits, label, constants, new(1e-3, 0), 0.1);
                    Assert.IsLessThanOrEqualTo(atMost, atLeast, "NaN would fail this too");
                }
            }
        }
    }
}
