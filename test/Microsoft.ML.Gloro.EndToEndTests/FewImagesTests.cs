using Experiments;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The small training sets of the experiments.</summary>
[TestClass]
public sealed class FewImagesTests
{
    private static readonly (string Label, int Number)[] s_items =
        [.. Enumerable.Range(0, 60).Select(i => (i % 3 == 0 ? "rare" : "frequent", i))];

    [TestMethod]
    public void Draw_TwoCounts_TheSmallerIsPartOfTheLarger()
    {
        var (few, more) = (Draw(4, seed: 1), Draw(9, seed: 1));
        Assert.AreEqual("frequent 4, rare 4", Counts(few));
        Assert.AreEqual("frequent 9, rare 9", Counts(more));
        Assert.IsEmpty(few.Except(more));
        CollectionAssert.AreEqual(more.OrderBy(item => item.Number).ToArray(), more.ToArray());

        static string Counts(IEnumerable<(string Label, int Number)> items) => string.Join(
            ", ", items.GroupBy(item => item.Label).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}"));
    }

    [TestMethod]
    public void Draw_Seeds_TakeOtherItems()
    {
        CollectionAssert.AreEqual(Draw(5, seed: 1).ToArray(), Draw(5, seed: 1).ToArray());
        CollectionAssert.AreNotEqual(Draw(5, seed: 1).ToArray(), Draw(5, seed: 2).ToArray());
    }

    private static IReadOnlyList<(string Label, int Number)> Draw(int count, int seed) =>
        FewImages.Draw(s_items, item => item.Label, count, seed);
}
