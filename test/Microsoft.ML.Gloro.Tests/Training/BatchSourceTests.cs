using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class BatchSourceTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(96, 32, 3)]
    [DataRow(97, 32, 3)]   // One row left: not worth a batch.
    [DataRow(112, 32, 4)]  // Half a batch is one.
    [DataRow(111, 32, 3)]
    [DataRow(5, 32, 1)]
    [DataRow(8, 3, 3)]
    [DataRow(7, 3, 2)]
    [DataRow(4, 1, 4)]
    public void Shuffled_AnEpoch_HasEveryRowOnceButASmallRest(int count, int batchSize, int batches)
    {
        var set = Problems.Clusters(count, 4, 1);
        var source = new BatchSource(set, batchSize, torch.CPU);
        Assert.AreEqual(batches, source.PerEpoch);
        using var scope = torch.NewDisposeScope();
        var seen = new List<int>();
        foreach (var (rows, labels, _) in source.Shuffled(new Random(1)))
        {
            Assert.IsLessThanOrEqualTo(batchSize, rows.Length);
            CollectionAssert.AreEqual(rows.Select(r => (long)set.Label(r)).ToArray(), labels.data<long>().ToArray());
            seen.AddRange(rows);
        }

        Assert.HasCount(seen.Count, seen.Distinct().ToList());
        Assert.IsTrue(seen.All(r => r >= 0 && r < count));
        Assert.IsLessThan((batchSize / 2.0) + 0.1, count - seen.Count);
        if (batches * batchSize >= count)
            Assert.HasCount(count, seen);
    }

    [TestMethod]
    public void Shuffled_TwoEpochs_DifferInOrderAndASeedRepeatsThem()
    {
        var source = new BatchSource(Problems.Clusters(60, 4, 1), 20, torch.CPU);
        int[] Order(Random random) => [.. source.Shuffled(random).SelectMany(b => b.Rows)];
        var (a, b) = (new Random(4), new Random(4));
        int[] first = Order(a);
        CollectionAssert.AreEqual(first, Order(b));
        CollectionAssert.AreNotEqual(first, Order(a));
    }

    [TestMethod]
    public void Shuffled_Finished_LeavesNoTensor()
    {
        var source = new BatchSource(Problems.Clusters(60, 4, 1), 20, torch.CPU);
        long before = TorchProcess.LiveTensors();
        Assert.AreEqual(3, source.Shuffled(new Random(1)).Count());
        Assert.AreEqual(before, TorchProcess.LiveTensors());
    }

    [TestMethod]
    public void Gather_Images_IsReadAugmentedWithOneSeedARow()
    {
        using var scope = torch.NewDisposeScope();
        var set = Problems.Blobs(40, 1, GloroAugmentationOptions.Aerial);
        int[] rows = [5, 3, 39, 5, 0];
        var batch = new BatchSource(set, 16, torch.CPU).Gather(rows, new Random(8));
        CollectionAssert.AreEqual(new long[] { 5, 3, 16, 16 }, batch.shape);
        float[] values = batch.data<float>().ToArray(), expected = new float[768];
        var random = new Random(8);
        for (int i = 0; i < rows.Length; i++)
        {
            set.ReadAugmented(rows[i], expected, new Random(random.Next()));
            CollectionAssert.AreEqual(expected, values[(i * 768)..((i + 1) * 768)], $"row {i}");
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Gather_OnAnyNumberOfThreads_GivesTheSame(bool everything)
    {
        using var scope = torch.NewDisposeScope();
        int[] rows = [.. Enumerable.Range(0, 40)];
        torch.Tensor Gather(TrainingSet set) => new BatchSource(set, 64, torch.CPU).Gather(rows, new Random(8));
        var blobs = Problems.Blobs(40, 1, everything ? Problems.EveryAugmentation() : GloroAugmentationOptions.Aerial);
        var parallel = Gather(blobs);
        Assert.IsTrue(TorchProcess.Same(parallel, Gather(blobs)));

        // One row at a time, in whatever order threads arrive, each at another speed.
        Assert.IsTrue(TorchProcess.Same(parallel, Gather(new OneAtATime(blobs))));
    }

    [TestMethod]
    public void Read_Rows_AreTheRowsAsTheyAre()
    {
        using var scope = torch.NewDisposeScope();
        var vectors = Problems.Clusters(9, 3, 1);
        var batch = new BatchSource(vectors, 4, torch.CPU).Read(2, 3);
        CollectionAssert.AreEqual(new long[] { 3, 6 }, batch.shape);
        float[] expected = new float[18];
        for (int i = 0; i < 3; i++)
            vectors.Read(2 + i, expected.AsSpan(i * 6, 6));
        CollectionAssert.AreEqual(expected, batch.data<float>().ToArray());

        var images = Problems.Blobs(4, 1, GloroAugmentationOptions.Aerial);
        float[] image = new float[768];
        images.Read(3, image);
        CollectionAssert.AreEqual(image, new BatchSource(images, 4, torch.CPU).Read(3, 1).data<float>().ToArray());
    }

    [TestMethod]
    public void ChannelMeans_ImagesAndVectors_AreTheMeans()
    {
        var images = new ImageTrainingSet(
            new TensorShape(2, 1, 2), [[0, 255, 10, 20], [255, 255, 30, 40]], [0, 1], GloroAugmentationOptions.None);
        float[] means = images.ChannelMeans();
        Assert.AreEqual(0.75f, means[0], 1e-6f);
        Assert.AreEqual(25 / 255f, means[1], 1e-6f);
        var vectors = new VectorTrainingSet(TensorShape.Vector(2), [[1, -2], [2, 4]], [0, 1]);
        Assert.AreEqual("1.5 1", string.Join(' ', vectors.ChannelMeans()));
    }

    private sealed class OneAtATime(TrainingSet rows) : TrainingSet(rows.Shape, [.. Enumerable.Range(0, rows.Count).Select(rows.Label)])
    {
        private readonly object _lock = new();

        public override void Read(int index, Span<float> destination) => rows.Read(index, destination);

        public override void ReadAugmented(int index, Span<float> destination, Random random)
        {
            Thread.Sleep(index % 3);
            lock (_lock)
                rows.ReadAugmented(index, destination, random);
        }

        public override float[] ChannelMeans() => rows.ChannelMeans();

        public override TrainingSet Subset(IReadOnlyList<int> indices) => rows.Subset(indices);
    }
}
