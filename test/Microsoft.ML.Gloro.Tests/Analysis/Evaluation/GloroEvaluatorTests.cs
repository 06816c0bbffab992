using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class GloroEvaluatorTests
{
    private static readonly float[] Radii = [0f, 0.125f, 0.3f, 0.5f, 1f, 1.75f, 3f];

    private static readonly (RobustnessGuarantee Guarantee, Func<int[], int, bool> Allows)[] Guarantees =
    [
        (RobustnessGuarantee.Local, (_, k) => k == 1),
        (RobustnessGuarantee.RelaxedTopK(3), (_, k) => k <= 3),
        (RobustnessGuarantee.Parse("affinity:a+b+c,d+e"), (top, k) => k == 1 || top[..k].All(c => c <= 2)
            || top[..k].All(c => c is 3 or 4)),
    ];

    [TestMethod]
    public void Evaluate_RandomRows_AgreesWithTheDefinitionsWordForWord()
    {
        foreach ((RobustnessGuarantee guarantee, Func<int[], int, bool> allows) in Guarantees)
        {
            foreach (float epsilon in Radii)
            {
                HandMadeView view = HandMadeView.Random(400, seed: 3);
                GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", guarantee, epsilon);

                NaiveRow[] rows = [.. view.Rows.Select(row => NaiveRow.Of(row, guarantee, allows, epsilon))];
                string at = $"{guarantee} at {epsilon}";
                Assert.AreEqual(400, metrics.RowCount, at);
                Assert.AreEqual(rows.Average(r => r.TopOneCorrect ? 1.0 : 0), metrics.CleanAccuracy, 1e-12, at);
                Assert.AreEqual(rows.Average(r => r.InLargestSet ? 1.0 : 0), metrics.TopKAccuracy, 1e-12, at);
                Assert.AreEqual(rows.Average(r => r.Set.Contains(r.Label) ? 1.0 : 0), metrics.VerifiedRobustAccuracy, 1e-12, at);
                Assert.AreEqual(
                    rows.Average(r => r.TopOneCorrect && r.LocallyRobust ? 1.0 : 0), metrics.LocalVerifiedRobustAccuracy, 1e-12, at);
                Assert.AreEqual(
                    rows.Average(r => r.TopOneCorrect && r.Set.Length > 0 ? 1.0 : 0), metrics.Top1VerifiedRobustAccuracy, 1e-12, at);
                Assert.AreEqual(rows.Average(r => r.Set.Length > 0 ? 1.0 : 0), metrics.CertifiedFraction, 1e-12, at);
                Assert.AreEqual(1 - metrics.CertifiedFraction, metrics.RejectionRate, 1e-12, at);
                Assert.AreEqual(rows.Where(r => r.Set.Length > 0).Select(r => (double)r.Set.Length).DefaultIfEmpty(0).Average(),
                    metrics.MeanLoosestSetSize, 1e-12, at);
                Assert.AreEqual(rows.Where(r => r.Tightest > 0).Select(r => (double)r.Tightest).DefaultIfEmpty(0).Average(),
                    metrics.MeanCertifiedSetSize, 1e-12, at);
                for (int k = 0; k < metrics.CertifiedKCounts.Count; k++)
                {
                    Assert.AreEqual(rows.Count(r => r.Set.Length == k), metrics.LoosestKCounts[k], at);
                    Assert.AreEqual(rows.Count(r => r.Tightest == k), metrics.CertifiedKCounts[k], at);
                }

                for (int c = 0; c < 6; c++)
                {
                    NaiveRow[] mine = [.. rows.Where(r => r.Label == c)];
                    GloroClassMetrics per = metrics.PerClass[c];
                    Assert.AreEqual(HandMadeView.Letters[c], per.Name);
                    Assert.AreEqual(mine.Length, per.RowCount);
                    Assert.AreEqual(mine.Count(r => r.Set.Length > 0), per.CertifiedRowCount, at);
                    Assert.AreEqual(mine.Average(r => r.TopOneCorrect ? 1.0 : 0), per.CleanAccuracy, 1e-12, at);
                    Assert.AreEqual(mine.Average(r => r.Set.Contains(c) ? 1.0 : 0), per.VerifiedRobustAccuracy, 1e-12, at);
                    Assert.AreEqual(
                        mine.Average(r => r.TopOneCorrect && r.LocallyRobust ? 1.0 : 0), per.LocalVerifiedRobustAccuracy, 1e-12, at);
                }
            }
        }
    }

    [TestMethod]
    public void Evaluate_AnyEpsilon_IsWhatTheCurveOfAnotherEpsilonSays()
    {
        foreach ((RobustnessGuarantee guarantee, _) in Guarantees)
        {
            HandMadeView view = HandMadeView.Random(300, seed: 5);
            CertifiedAccuracyCurve curve = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", guarantee, 0.2f)
                .CertifiedAccuracyCurve;
            CertifiedAccuracyCurve local = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", guarantee, 0.2f)
                .LocalCertifiedAccuracyCurve;
            foreach (float epsilon in Radii)
            {
                GloroMetrics there = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", guarantee, epsilon);
                Assert.AreEqual(there.VerifiedRobustAccuracy, curve.At(epsilon), $"{guarantee} at {epsilon}");
                Assert.AreEqual(there.LocalVerifiedRobustAccuracy, local.At(epsilon), $"local at {epsilon}");
            }
        }
    }

    [TestMethod]
    public void Evaluate_WiderGuaranteeOrSmallerEpsilon_NeverProvesLess()
    {
        HandMadeView view = HandMadeView.Random(300, seed: 7);
        double[] last = new double[6];
        Array.Fill(last, 1);
        foreach (float epsilon in Radii)
        {
            double narrower = 0;
            for (int k = 1; k <= 5; k++)
            {
                GloroMetrics metrics =
                    GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", RobustnessGuarantee.RelaxedTopK(k), epsilon);
                Assert.IsGreaterThanOrEqualTo(narrower, metrics.VerifiedRobustAccuracy);
                Assert.IsGreaterThanOrEqualTo(metrics.LocalVerifiedRobustAccuracy, metrics.Top1VerifiedRobustAccuracy);
                Assert.IsGreaterThanOrEqualTo(metrics.Top1VerifiedRobustAccuracy, metrics.VerifiedRobustAccuracy);
                Assert.IsGreaterThanOrEqualTo(metrics.VerifiedRobustAccuracy, metrics.TopKAccuracy);
                Assert.IsGreaterThanOrEqualTo(metrics.VerifiedRobustAccuracy, last[k]);
                (narrower, last[k]) = (metrics.VerifiedRobustAccuracy, metrics.VerifiedRobustAccuracy);
                if (k == 1)
                    Assert.AreEqual(metrics.LocalVerifiedRobustAccuracy, metrics.VerifiedRobustAccuracy);
            }
        }
    }

    [TestMethod]
    public void Evaluate_NoEpsilonAndNoGuarantee_TakesTheModelsOwn()
    {
        HandMadeView view = HandMadeView.Random(100, seed: 9);
        view = new() { Rows = view.Rows, Epsilon = 0.3f, Guarantee = "rtk:2" };

        GloroMetrics own = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", null, null);

        Assert.AreEqual(0.3f, own.Epsilon);
        Assert.AreEqual(RobustnessGuarantee.RelaxedTopK(2), own.Guarantee);
        GloroMetrics said = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", RobustnessGuarantee.RelaxedTopK(2), 0.3f);
        Assert.AreEqual(said.ToString(), own.ToString());
    }

    [TestMethod]
    public void Evaluate_TestSetNumbersItsClassesOtherwise_MatchesByName()
    {
        HandMadeView straight = HandMadeView.Random(200, seed: 11);
        string[] shuffled = ["d", "a", "f", "c", "b", "e"];
        var other = new HandMadeView
        {
            LabelNames = shuffled,
            Rows = [.. straight.Rows.Select(r => With(r, (uint)Array.IndexOf(shuffled, HandMadeView.Letters[r.Label - 1]) + 1))],
        };

        GloroMetrics expected =
            GloroEvaluator.Evaluate(straight.MlContext, straight.Build(), "Label", RobustnessGuarantee.RelaxedTopK(2), 0.3f);
        GloroMetrics actual = GloroEvaluator.Evaluate(other.MlContext, other.Build(), "Label", RobustnessGuarantee.RelaxedTopK(2), 0.3f);

        Assert.AreEqual(expected.ToString(), actual.ToString());
        Assert.AreEqual(expected.Classification!.LogLoss, actual.Classification!.LogLoss);
        CollectionAssert.AreEqual(
            expected.Classification.ConfusionMatrix.Counts[0].ToArray(), actual.Classification.ConfusionMatrix.Counts[0].ToArray());
    }

    [TestMethod]
    public void Evaluate_MissingAndUnknownLabels_SkipsTheFirstAndCountsTheSecondAsWrong()
    {
        HandMadeView random = HandMadeView.Random(60, seed: 13);
        GloroMetrics clean = GloroEvaluator.Evaluate(random.MlContext, random.Build(), "Label", null, 0.3f);
        var view = new HandMadeView { LabelNames = [.. HandMadeView.Letters, "stranger"], Rows = [.. random.Rows] };
        for (int i = 0; i < 40; i++)
            view.Rows.Add(With(random.Rows[i], i < 30 ? 7u : 0u));

        GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", null, 0.3f);

        Assert.AreEqual(90, metrics.RowCount);
        Assert.AreEqual(30, metrics.UnknownLabelRows);
        Assert.AreEqual(10, metrics.MissingLabelRows);
        Assert.AreEqual(clean.CleanAccuracy * 60 / 90, metrics.CleanAccuracy, 1e-12);
        Assert.AreEqual(clean.VerifiedRobustAccuracy * 60 / 90, metrics.VerifiedRobustAccuracy, 1e-12);
        Assert.AreEqual(60, metrics.PerClass.Sum(c => c.RowCount));
    }

    [TestMethod]
    public void Evaluate_LogitsOrRadiiNotFinite_ProveNothing()
    {
        float[] radii = [9, 9, 9, 9, 9];
        var view = new HandMadeView
        {
            Rows =
            [
                new() { Label = 1, Logits = [3, 2, 1, 0, 0, 0], TopKRadii = radii, Score = [1, 0, 0, 0, 0, 0] },
                new() { Label = 1, Logits = [3, 2, float.NaN, 0, 0, 0], TopKRadii = radii, Score = [1, 0, 0, 0, 0, 0] },
                new() { Label = 1, Logits = [float.PositiveInfinity, 2, 1, 0, 0, 0], TopKRadii = radii, Score = [1, 0, 0, 0, 0, 0] },
                new() { Label = 1, Logits = [3, 2, 1, 0, 0, 0], TopKRadii = [float.NaN, float.NaN, 9, 9, 9], Score = [1, 0, 0, 0, 0, 0] },
            ],
        };

        GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", RobustnessGuarantee.RelaxedTopK(2), 0.5f);

        Assert.AreEqual(0.5, metrics.CleanAccuracy);
        Assert.AreEqual(0.25, metrics.VerifiedRobustAccuracy);
        Assert.AreEqual(0.25, metrics.LocalVerifiedRobustAccuracy);
        Assert.AreEqual(0.25, metrics.CertifiedFraction);
        Assert.AreEqual(0.25 * 9, metrics.AverageCertifiedRadius);
    }

    [TestMethod]
    public void Evaluate_WithScore_ReadsTheRowsOnceAndGivesMlNetsMetrics()
    {
        HandMadeView view = HandMadeView.Random(50, seed: 17);

        GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", null, null);

        Assert.AreEqual(50, view.RowsRead);
        Assert.IsNotNull(metrics.Classification);
        Assert.AreEqual(Math.Log(6), metrics.Classification.LogLoss, 1e-5);
        Assert.AreEqual(6, metrics.Classification.ConfusionMatrix.NumberOfClasses);
    }

    [TestMethod]
    public void Evaluate_NoScoreColumn_LeavesMlNetsMetricsOut()
    {
        var view = new HandMadeView { Rows = HandMadeView.Random(50, seed: 17).Rows, Without = ["Score"], Prefix = "P." };

        GloroMetrics metrics = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", null, null, "P.");

        Assert.AreEqual(50, view.RowsRead);
        Assert.AreEqual(50, metrics.RowCount);
        Assert.IsNull(metrics.Classification);
    }

    [TestMethod]
    public void ToString_SmallResult_IsATableWithEveryClass()
    {
        HandMadeView view = HandMadeView.Random(1200, seed: 19);

        string[] lines = GloroEvaluator.Evaluate(view.MlContext, view.Build(), "Label", RobustnessGuarantee.RelaxedTopK(3), 36f / 255f)
            .ToString().Split('\n');

        Assert.AreEqual("rtk:3 at epsilon 0.1412 (36/255), 1,200 rows (± standard error)", lines[0]);
        Assert.HasCount(1 + 11 + 1 + 6, lines);
        Assert.IsTrue(Array.Exists(lines, line => line.Contains(" of 6 classes", StringComparison.Ordinal)));
        Assert.Contains("VRA exceeds clean accuracy", lines[11]);
        Assert.IsTrue(lines.All(line => line.Length <= 80));
    }

    private static HandMadeRow With(HandMadeRow row, uint label) =>
        new() { Label = label, Logits = row.Logits, Score = row.Score, TopKRadii = row.TopKRadii };

    /// <summary>One row by the words of the definitions, with lists and no shortcuts.</summary>
    private sealed record NaiveRow(int Label, bool TopOneCorrect, bool LocallyRobust, bool InLargestSet, int[] Set, int Tightest)
    {
        public static NaiveRow Of(HandMadeRow row, RobustnessGuarantee guarantee, Func<int[], int, bool> allows, float epsilon)
        {
            int label = (int)row.Label - 1;
            int[] order = [.. Enumerable.Range(0, row.Logits.Length).OrderByDescending(c => row.Logits[c])];
            int largestK = guarantee.Kind == GuaranteeKind.Affinity ? 3 : guarantee.K;
            int[] allowed = [.. Enumerable.Range(1, largestK).Where(k => allows(order, k))];
            int[] holding = [.. allowed.Where(k => row.TopKRadii[k - 1] > epsilon).DefaultIfEmpty(0)];
            return new(label, order[0] == label, row.TopKRadii[0] > epsilon, order.Take(allowed.Max()).Contains(label),
                order[..holding.Max()], holding.Min());
        }
    }
}
