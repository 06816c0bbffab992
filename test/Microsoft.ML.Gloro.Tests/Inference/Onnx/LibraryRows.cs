using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>What the library's columns say, in the shape of an exported graph's outputs, and how the two must agree.</summary>
internal static class LibraryRows
{
    public static PortableRow[] Score(GloroModel model, float[][] rows)
    {
        using var transformer = TestModels.Transformer(model);
        var active = new bool[Enum.GetValues<OutputColumn>().Length];
        Array.Fill(active, true);
        var batch = new ScoredBatch(transformer, active);
        batch.EnsureCapacity(rows.Length);
        for (int i = 0; i < rows.Length; i++)
            rows[i].CopyTo(batch.Input(i));
        batch.Compute(0, rows.Length);
        return
        [
            .. Enumerable.Range(0, rows.Length).Select(i =>
            {
                var order = batch.Order(i).ToArray();
                var certified = batch.Certified(i);
                var scores = new float[model.ClassNames.Count];
                batch.Softmax(i, scores);
                return new PortableRow(
                    batch.Logits(i).ToArray(), scores, order.Length > 0 ? order[0] : -1, [.. order.Select(c => (long)c)],
                    batch.Radii(i).ToArray(),
                    certified.Radius, [.. order.Take(certified.TightestK).Order()], [.. order.Take(certified.LoosestK).Order()],
                    certified.LoosestK > 0);
            }),
        ];
    }

    /// <summary>
    /// Fails unless the graph certifies nothing that the library does not, at any k, and agrees on all else up to rounding. Returns how
    /// many rows only the library certifies.
    /// </summary>
    public static int AssertCertifiesNoMore(
        PortableRow[] library, PortableRow[] graph, double logitTolerance = 1e-5, double scoreTolerance = 1e-5)
    {
        Assert.HasCount(library.Length, graph);
        int lost = 0;
        for (int i = 0; i < library.Length; i++)
        {
            (PortableRow expected, PortableRow actual) = (library[i], graph[i]);
            string row = $"row {i}: library {string.Join(' ', expected.Radii)} of {string.Join(' ', expected.Logits)}, "
                + $"graph {string.Join(' ', actual.Radii)} of {string.Join(' ', actual.Logits)}";
            for (int k = 0; k < actual.Radii.Length; k++)
            {
                Assert.IsTrue(actual.Radii[k] >= 0 && actual.Radii[k] <= expected.Radii[k], row);
                Assert.IsTrue(
                    actual.Radii[k] == 0 || expected.Order.Take(k + 1).Order().SequenceEqual(actual.Order.Take(k + 1).Order()), row);
            }

            // If a smaller set is lost by a hair, a larger one is the tightest: its radius is at most the library's of that set.
            bool isSame = expected.Mask.Length == actual.Mask.Length;
            float most = isSame ? expected.Radius : actual.IsCertified ? expected.Radii[actual.Mask.Length - 1] : expected.Radii.Max();
            Assert.IsLessThanOrEqualTo(most, actual.Radius, row);
            Assert.IsTrue(expected.IsCertified || !actual.IsCertified, row);
            Assert.AreEqual(actual.IsCertified, actual.Mask.Length > 0, row);
            Assert.AreEqual(actual.IsCertified, actual.Loosest.Length > 0, row);
            CollectionAssert.IsSubsetOf(actual.Mask, actual.Loosest, row);
            // A larger set may be lost by a hair, and then a smaller one holds; or a smaller one, and then a larger one is the tightest.
            CollectionAssert.IsSubsetOf(actual.Loosest, expected.Loosest, row);
            if (actual.IsCertified)
                CollectionAssert.IsSubsetOf(expected.Mask, actual.Mask, row);
            lost += expected.Mask.SequenceEqual(actual.Mask) && expected.Loosest.SequenceEqual(actual.Loosest) ? 0 : 1;
            for (int c = 0; c < expected.Logits.Length; c++)
            {
                Assert.IsTrue(
                    expected.Logits[c].Equals(actual.Logits[c]) || Math.Abs(
                        expected.Logits[c] - actual.Logits[c]) <= logitTolerance * (1 + Math.Abs(expected.Logits[c])),
                    row);
                Assert.IsTrue(
                    expected.Scores[c].Equals(actual.Scores[c]) || Math.Abs(expected.Scores[c] - actual.Scores[c]) <= scoreTolerance, row);
            }

            if (expected.Predicted != actual.Predicted)
                Assert.IsTrue(expected.Predicted >= 0 && actual.Predicted >= 0 && actual.Radii[0] == 0 && expected.Radii[0] < 1e-3, row);
        }

        return lost;
    }
}
