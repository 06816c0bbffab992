using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Coverage sets: their quantile, their laws, and their promise on drawn rows, attacked and not.</summary>
[TestClass]
public sealed class CoverageRuleTests
{
    [TestMethod]
    [DataRow(9, .9, 9)]
    [DataRow(8, .9, 9)] // more than there are rows
    [DataRow(99, .9, 90)]
    [DataRow(100, .9, 91)]
    [DataRow(19, .95, 19)]
    [DataRow(999, .5, 500)]
    public void Rank_RowsAndCoverage_IsTheCeilingInDecimal(int rows, double coverage, int expected) =>
        Assert.AreEqual(expected, CoverageRule.Rank(rows, coverage));

    [TestMethod]
    public void FewestRows_AnyCoverage_AreEnoughAndOneLessIsNot()
    {
        foreach (double coverage in new[] { .5, .8, .9, .95, .99, .999 })
        {
            int fewest = CoverageRule.FewestRows(coverage);
            Assert.IsLessThanOrEqualTo(fewest, CoverageRule.Rank(fewest, coverage));
            Assert.IsGreaterThan(fewest - 1, CoverageRule.Rank(fewest - 1, coverage));
        }
    }

    [TestMethod]
    public void Labels_NothingIsKnown_AreAllClasses()
    {
        var model = new LinearModel(new Random(1), 4, 2);
        var rule = new CoverageRule(CoverageScoreKind.Softmax, 1, .9, 100, -5, alwaysTop: false);
        var labels = new int[4];
        Assert.AreEqual(4, rule.Labels([1, float.NaN, 0, 2], model.Constants, default, 0, labels));
        Assert.AreEqual(4, rule.Labels([1, 2, 0, 2], model.Constants, RowError.Unknown, 0, labels));
        Assert.AreEqual(4, rule.Labels([1, 2, 0, 2], model.Constants, default, -1, labels));
        Assert.AreEqual("1 3 0 2", string.Join(' ', labels), "in the order of their logits");
    }

    [TestMethod]
    public void Labels_LargerEpsilonOrError_NeverLoseALabel()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 200; trial++)
        {
            var model = new LinearModel(random, 5, 3);
            float[] logits = [.. model.Logits(LinearModel.Point(random, [0, 0, 0], 2)).Select(y => (float)y)];
            var rule = new CoverageRule((CoverageScoreKind)(trial % 2), .5, .9, 100, (2 * random.NextDouble()) - 1, trial % 3 == 0);
            HashSet<int> before = [];
            for (double epsilon = 0; epsilon < 1; epsilon += 0.1)
            {
                var labels = new int[5];
                HashSet<int> now = [.. labels.Take(rule.Labels(logits, model.Constants, new(epsilon / 10, 0), epsilon, labels))];
                Assert.IsTrue(now.IsSupersetOf(before));
                Assert.IsTrue(!rule.AlwaysTop || now.Contains(Array.IndexOf(logits, logits.Max())));
                before = now;
            }
        }
    }

    [TestMethod]
    [DataRow(CoverageScoreKind.Softmax)]
    [DataRow(CoverageScoreKind.Margin)]
    public void Labels_RowsMovedAgainstTheirLabel_StillCoverIt(CoverageScoreKind kind)
    {
        const double Coverage = .9, Epsilon = .15;
        var random = new Random(11);
        var model = new LinearModel(random, 4, 3);
        (double[] X, int Label) Draw()
        {
            double[] x = LinearModel.Point(random, [0, 0, 0], 3), y = model.Logits(x);
            double[] weights = [.. y.Select(v => Math.Exp(3 * v))];
            double at = random.NextDouble() * weights.Sum();
            int label = 0;
            while ((at -= weights[label]) > 0)
                label++;
            return (x, label);
        }

        float[] Logits(double[] x) => [.. model.Logits(x).Select(y => (float)y)];
        int covered = 0, attackedCovered = 0, rows = 0, labels = 0;
        for (int split = 0; split < 40; split++)
        {
            double[] scores = [.. Enumerable.Range(0, 200).Select(_ => Draw())
                .Select(r => CoverageScore.AtMost(kind, .4, Logits(r.X), r.Label, model.Constants, new(1e-6, 0), 0)).Order()];
            var rule = new CoverageRule(
                kind, .4, Coverage, scores.Length, scores[CoverageRule.Rank(scores.Length, Coverage) - 1], alwaysTop: false);
            var set = new int[4];
            for (int i = 0; i < 200; i++)
            {
                var (x, label) = Draw();
                int plain = rule.Labels(Logits(x), model.Constants, new(1e-6, 0), 0, set);
                covered += set.AsSpan(0, plain).Contains(label) ? 1 : 0;

                // The strongest attack on a linear model's label: away from it, towards the class that gains most.
                double[] worst = Enumerable.Range(0, 4).Where(c => c != label).Select(c => model.Towards(x, c, label, Epsilon))
                    .MaxBy(p => model.Score(kind, .4, p, label))!;
                int count = rule.Labels(Logits(worst), model.Constants, new(1e-6, 0), Epsilon, set);
                attackedCovered += set.AsSpan(0, count).Contains(label) ? 1 : 0;
                labels += count;
                rows++;
            }
        }

        double error = 3 * Math.Sqrt(.09 / 200 / 40 * 2); // calibration and test rows both vary
        Assert.AreEqual(Coverage, (double)covered / rows, error, "plain sets on plain rows cover what was asked for, and hardly more");
        Assert.IsGreaterThanOrEqualTo(Coverage - error, (double)attackedCovered / rows, "robust sets cover under attack");
        Assert.IsLessThan(4.0 * rows, labels, "not every set is full");
    }
}
