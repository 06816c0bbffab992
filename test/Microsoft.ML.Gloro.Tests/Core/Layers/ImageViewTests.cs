using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>The views of an image, and which networks can have them.</summary>
[TestClass]
public sealed class ImageViewTests
{
    [TestMethod]
    [DataRow(GloroImageViews.One, 3, 5, 1)]
    [DataRow(GloroImageViews.Mirrored, 3, 5, 2)]
    [DataRow(GloroImageViews.Mirrored, 4, 1, 2)]
    [DataRow(GloroImageViews.MirroredAndTurned, 4, 4, 8)]
    [DataRow(GloroImageViews.MirroredAndTurned, 5, 5, 8)]
    [DataRow(GloroImageViews.MirroredAndTurned, 1, 1, 8)]
    public void Steps_OfEveryView_LeadToItsPixels(GloroImageViews views, int height, int width, int count)
    {
        var shape = new TensorShape(1, height, width);
        int[][] expected = TurnedImages.Of(views, shape, [.. Enumerable.Range(0, height * width)]);
        var all = ImageView.Of(views);
        Assert.HasCount(count, all);
        Assert.HasCount(count, expected);
        for (int view = 0; view < count; view++)
        {
            var (origin, rowStep, columnStep) = all[view].Steps(height, width);
            int[] pixels =
            [
                .. from i in Enumerable.Range(0, height) from j in Enumerable.Range(0, width) select origin + (i * rowStep)
                    + (j * columnStep),
            ];
            CollectionAssert.AreEqual(expected[view], pixels, $"view {view}");
        }
    }

    [TestMethod]
    public void MirroredAndTurned_OfATurnedImage_AreTheSameViews()
    {
        // What the mean over them rests on to be the same for every turn: the eight form a group.
        var shape = new TensorShape(2, 3, 3);
        int[] image = [.. Enumerable.Range(0, 18)];
        static string[] Texts(int[][] views) => [.. views.Select(v => string.Join(' ', v)).Order(StringComparer.Ordinal)];
        string[] expected = Texts(TurnedImages.Of(GloroImageViews.MirroredAndTurned, shape, image));
        Assert.HasCount(8, expected.Distinct());
        CollectionAssert.AreEqual(
            expected, Texts(TurnedImages.Of(GloroImageViews.MirroredAndTurned, shape, TurnedImages.Turn(shape, image))));
    }

    [TestMethod]
    public void Network_ViewsThatItsInputsDoNotHave_AreRefused()
    {
        DeployedNetwork vector = new RandomNetworks(1).Vector(), oblong = new RandomNetworks(1).EveryKind();
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => vector.With(GloroImageViews.Mirrored)).Message,
            "Feature vectors cannot be turned");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => oblong.With(GloroImageViews.MirroredAndTurned)).Message, "13×17");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => oblong.With((GloroImageViews)7));
        Assert.AreEqual(2, oblong.With(GloroImageViews.Mirrored).ViewCount);
        Assert.AreEqual(1, oblong.With(GloroImageViews.Mirrored).With(GloroImageViews.One).ViewCount);
        Assert.AreSame(oblong, oblong.With(GloroImageViews.One));
    }
}
