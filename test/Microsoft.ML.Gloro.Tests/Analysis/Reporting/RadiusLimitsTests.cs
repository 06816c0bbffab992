using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

[TestClass]
public sealed class RadiusLimitsTests
{
    [TestMethod]
    public void Read_WithAndWithoutTheModel_CountsThePairsOfTheSmallestQuotients()
    {
        var (model, scored, _) = ReportViews.Vectors(400);
        using GloroTransformer dispose = model;
        MarginConstants k = model.GloroModel.Constants;
        var local = new Dictionary<(int, int), long>();
        var relaxed = new Dictionary<(int, int), long>();
        foreach (ScoredRow row in ScoredRow.All(scored))
        {
            int[] order = [.. Enumerable.Range(0, 5).OrderByDescending(i => row.Logits[i])];
            Add(local, Pair(row.Logits, order, 1));
            int best = Enumerable.Range(1, 3).MaxBy(size => row.TopKRadii[size - 1]);
            Add(relaxed, Pair(row.Logits, order, best));
        }

        RadiusLimits exact = Reporter.Read(scored, new() { Model = model }).Pairs;
        Assert.IsTrue(exact.IsExact);
        Assert.AreEqual((400, 0), (exact.Counted, exact.Undetermined));
        CollectionAssert.AreEquivalent(local.Select(p => (p.Key, p.Value)).ToArray(), exact.Counts.Where(p => p.Value.Local > 0)
            .Select(p => (p.Key, p.Value.Local)).ToArray());
        CollectionAssert.AreEquivalent(relaxed.Select(p => (p.Key, p.Value)).ToArray(), exact.Counts.Where(p => p.Value.Main > 0)
            .Select(p => (p.Key, p.Value.Main)).ToArray());

        // What the columns alone tell is right, as far as it goes.
        RadiusLimits columns = Reporter.Read(scored, new()).Pairs;
        Assert.IsFalse(columns.IsExact);
        Assert.AreEqual(400, columns.Counted + columns.Undetermined);
        Assert.IsGreaterThan(100, columns.Counted);
        Assert.IsGreaterThan(0, columns.Undetermined, "the test needs such rows");
        foreach (var (pair, count) in columns.Counts)
            Assert.IsLessThanOrEqualTo(local.GetValueOrDefault(pair), count.Local, $"{pair}");

        (int, int) Pair(float[] logits, int[] order, int size) =>
            (from j in order[..size] from i in order[size..] select (j, i))
                .MinBy(pair => ((double)logits[pair.j] - logits[pair.i]) / k[pair.j, pair.i]);

        static void Add(Dictionary<(int, int), long> counts, (int, int) pair) => counts[pair] = counts.GetValueOrDefault(pair) + 1;
    }
}
