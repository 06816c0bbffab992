using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Rows as the last layer sees them.</summary>
[TestClass]
public sealed class FeatureSetTests
{
    private static readonly GloroAugmentationOptions s_mirror = new() { FlipHorizontally = true, MaximumShift = 0 };

    private static readonly TrainingContext s_context = Problems.Settings(3);

    [ClassInitialize]
    public static void Prepare(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Compute_MoreThanABatch_IsWhatTheBodyMakesOfEachRow()
    {
        using var network = Problems.ImageNetwork(1);
        var images = Images(70);
        int done = 0;
        var features = FeatureSet.Compute(images, network, copies: 0, s_context, n => done = n, default);
        Assert.AreEqual((70, 70, 16), (done, features.Count, features.Shape.Size));
        float[] row = new float[16];
        for (int i = 0; i < images.Count; i++)
        {
            features.Read(i, row);
            AssertNear(Body(network, images, i, mirrored: false), row);
            Assert.AreEqual(images.Label(i), features.Label(i));
        }

        CollectionAssert.AreEqual(images.Weights.ToArray(), features.Weights.ToArray());
        features.ReadAugmented(3, row, new Random(1));
        AssertNear(Body(network, images, 3, mirrored: false), row);
    }

    [TestMethod]
    public void ReadAugmented_Copies_AreOfAugmentedImages()
    {
        using var network = Problems.ImageNetwork(1);
        var images = Images(6);
        var features = FeatureSet.Compute(images, network, copies: 8, s_context, _ => { }, default);
        var random = new Random(2);
        float[] row = new float[16];
        var seen = new HashSet<bool>();
        for (int draw = 0; draw < 60; draw++)
        {
            int i = draw % images.Count;
            features.ReadAugmented(i, row, random);
            bool mirrored = Distance(Body(network, images, i, mirrored: true), row) < Distance(Body(network, images, i, false), row);
            AssertNear(Body(network, images, i, mirrored), row);
            seen.Add(mirrored);
        }

        Assert.HasCount(2, seen, "some copies are mirrored, some are not");
    }

    [TestMethod]
    public void Subset_SomeRows_HasTheirFeaturesLabelsAndWeights()
    {
        using var network = Problems.ImageNetwork(1);
        var features = FeatureSet.Compute(Images(6), network, copies: 2, s_context, _ => { }, default);
        var part = features.Subset([4, 1]);
        float[] all = new float[16], some = new float[16];
        foreach (var (index, row) in new[] { (0, 4), (1, 1) })
        {
            Assert.AreEqual(features.Label(row), part.Label(index));
            Assert.AreEqual(features.Weights[row], part.Weights[index]);
            features.Read(row, all);
            part.Read(index, some);
            CollectionAssert.AreEqual(all, some);
            features.ReadAugmented(row, all, new Random(5));
            part.ReadAugmented(index, some, new Random(5));
            CollectionAssert.AreEqual(all, some);
        }
    }

    [TestMethod]
    [DataRow(1, 16)]
    [DataRow(1000, 10)]
    [DataRow(100_000, 2)]
    public void CopiesFor_Rows_AreFewerForMore(int rows, int copies) => Assert.AreEqual(copies, FeatureSet.CopiesFor(rows));

    [TestMethod]
    public void Compute_Cancelled_Throws()
    {
        using var network = Problems.ImageNetwork(1);
        Assert.ThrowsExactly<OperationCanceledException>(
            () => FeatureSet.Compute(Images(6), network, 1, s_context, _ => { }, new CancellationToken(canceled: true)));
    }

    private static ImageTrainingSet Images(int count)
    {
        var random = new Random(3);
        byte[][] images = [.. Enumerable.Range(0, count).Select(_ => new byte[Problems.ImageShape.Size])];
        foreach (byte[] image in images)
            random.NextBytes(image);
        return new ImageTrainingSet(
            Problems.ImageShape, images, [.. Enumerable.Range(0, count).Select(i => i % 3)], s_mirror,
            [.. Enumerable.Range(0, count).Select(i => 1f + i)]);
    }

    private static float[] Body(LipschitzNetwork network, TrainingSet images, int index, bool mirrored)
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        var input = new BatchSource(images, 1, torch.CPU).Read(index, 1);
        return network.Features(mirrored ? input.flip(3) : input, training: false).data<float>().ToArray();
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum());

    // Of float32 sums in another order.
    private static void AssertNear(float[] expected, float[] actual) => Assert.IsLessThan(1e-4, Distance(expected, actual));
}
