using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class TrainerTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Run_ImagesOfThreeColors_AreLearntAndVerified()
    {
        using var network = Problems.ImageNetwork(1);
        var settings = Problems.Settings(3, epochs: 5);
        var last = Train(settings, network, Problems.Blobs(240, 1, GloroAugmentationOptions.Aerial), Problems.Blobs(90, 2))[^1];
        Assert.IsGreaterThan(0.9, last.CleanAccuracy);
        Assert.IsGreaterThan(0.5, last.VerifiedRobustAccuracy);
    }

    [TestMethod]
    public void Run_ClosingEpsilonFactor_ChangesTheLastFifthOnly()
    {
        List<GloroTrainingProgress> Run(double closing)
        {
            using var network = Problems.VectorNetwork(1);
            return Train(
                Problems.Settings(4, epochs: 5)
                    .With(o => { o.InitialEpsilonFactor = 0.1; o.EpsilonFactor = 2; o.ClosingEpsilonFactor = closing; }),
                network,
                Problems.Clusters(100, 4, 1),
                Problems.Clusters(40, 4, 2));
        }

        List<GloroTrainingProgress> same = Run(2), less = Run(0.5);
        for (int epoch = 0; epoch < 4; epoch++)
            Assert.AreEqual((same[epoch].Loss, same[epoch].Kappa), (less[epoch].Loss, less[epoch].Kappa), $"epoch {epoch + 1}");
        Assert.IsLessThan(same[4].Loss, less[4].Loss, "A smaller margin is asked for.");
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma, "local")]
    [DataRow(GloroLossKind.CrossEntropy, "local")]
    [DataRow(GloroLossKind.CrossEntropy, "rtk:2")]
    [DataRow(GloroLossKind.CrossEntropy, "affinity:c0+c1,c2+c3")]
    [DataRow(GloroLossKind.Trades, "rtk:2")]
    [DataRow(GloroLossKind.FixedMargin, "local")]
    [DataRow(GloroLossKind.AnnealedEmma, "local")]
    [DataRow(GloroLossKind.RelaxedEmma, "rtk:2")]
    [DataRow(GloroLossKind.RelaxedEmma, "affinity:c0+c1,c2+c3")]
    public void Run_VectorClusters_AreLearntAndVerifiedWithEveryLoss(GloroLossKind loss, string guarantee)
    {
        using var network = Problems.VectorNetwork(1);
        var settings = Problems.Settings(4, 6, RobustnessGuarantee.Parse(guarantee)).With(o => { o.Loss = loss; o.Epsilon = 0.3f; });
        var last = Train(settings, network, Problems.Clusters(400, 4, 1), Problems.Clusters(100, 4, 2))[^1];
        Assert.IsGreaterThan(0.9, last.CleanAccuracy);
        Assert.IsGreaterThan(0.8, last.VerifiedRobustAccuracy);
    }

    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(true, 1)]
    [DataRow(false, 2)]
    public void Run_SameSeed_GivesTheSameBitsAndAnotherSeedOthers(bool mixedPrecision, int threads)
    {
        torch.set_num_threads(threads);
        string Hash(int seed)
        {
            using var network = Problems.ImageNetwork(3);
            Train(
                Problems.Settings(3, epochs: 1) with { Seed = seed, MixedPrecision = mixedPrecision },
                network,
                Problems.Blobs(80, 1, GloroAugmentationOptions.Aerial),
                null);
            return WeightHash.Compute(network.Fold());
        }

        try
        {
            string first = Hash(5);
            Assert.AreEqual(first, Hash(5));
            Assert.AreNotEqual(first, Hash(6), "the order of the rows and their augmentation come from the seed");
        }
        finally
        {
            TorchProcess.Prepare();
        }
    }

    [TestMethod]
    public void Run_WithAndWithoutValidationAndReport_GivesTheSameWeights()
    {
        string Hash(bool validate)
        {
            using var network = Problems.VectorNetwork(3);
            Action<GloroTrainingProgress>? report = validate ? _ => { } : null;
            new Trainer(Problems.Settings(4), network, Problems.Clusters(100, 4, 1), validate ? Problems.Clusters(50, 4, 2) : null)
                .Run(report, default);
            return WeightHash.Compute(network.Fold());
        }

        Assert.AreEqual(Hash(false), Hash(true));
    }

    [TestMethod]
    public void Run_Reports_SaneProgress()
    {
        using var network = Problems.VectorNetwork(2);
        var progress = Train(Problems.Settings(4, epochs: 4), network, Problems.Clusters(100, 4, 1), Problems.Clusters(40, 4, 2));
        Assert.AreEqual("1 2 3 4", string.Join(' ', progress.Select(p => p.Epoch)));
        foreach (var (p, next) in progress.Zip(progress.Skip(1)))
            Assert.IsLessThan(next.Elapsed, p.Elapsed);
        foreach (var p in progress)
        {
            Assert.AreEqual(4, p.Epochs);
            Assert.IsTrue(double.IsFinite(p.Loss) && p.Loss > 0);
            Assert.IsGreaterThan(0, p.Kappa);
            Assert.IsLessThanOrEqualTo(p.CleanAccuracy, p.VerifiedRobustAccuracy);
            Assert.AreEqual(p.Elapsed.TotalSeconds * (4 - p.Epoch) / p.Epoch, p.Remaining.TotalSeconds, 1e-3);
            StringAssert.StartsWith(p.ToString(), $"epoch {p.Epoch}/4: loss ");
        }

        Assert.IsLessThan(progress[0].Loss, progress[^1].Loss);
        Assert.AreEqual(TimeSpan.Zero, progress[^1].Remaining);
        double proved = RigorousBound.Compute(network.Fold()).Value;
        Assert.IsLessThanOrEqualTo(proved * 1.0001, progress[^1].Kappa);
        Assert.IsGreaterThan(0.8 * proved, progress[^1].Kappa);
    }

    [TestMethod]
    public void ToString_MoreThanADay_CountsHoursOn()
    {
        var progress = new GloroTrainingProgress
        {
            Epoch = 1,
            Epochs = 9,
            Loss = 0.5,
            Guarantee = RobustnessGuarantee.Local,
            CleanAccuracy = 0.25,
            VerifiedRobustAccuracy = 0.125,
            LocalVerifiedRobustAccuracy = 0.125,
            Kappa = 2,
            Elapsed = TimeSpan.FromHours(26.5),
            Remaining = TimeSpan.FromSeconds(61),
        };
        Assert.AreEqual(
            "epoch 1/9: loss 0.5000, local VRA 0.125, clean accuracy 0.250, κ 2, 26:30:00 elapsed, 00:01:01 left", progress.ToString());
    }

    [TestMethod]
    public void Run_WithoutValidation_ReportsNaN()
    {
        using var network = Problems.VectorNetwork(2);
        var progress = Train(Problems.Settings(4, epochs: 1), network, Problems.Clusters(40, 4, 1), null).Single();
        Assert.IsTrue(double.IsNaN(progress.CleanAccuracy) && double.IsNaN(progress.VerifiedRobustAccuracy));
    }

    [TestMethod]
    public void Run_Cancelled_StopsBeforeTheNextBatch()
    {
        using var network = Problems.VectorNetwork(2);
        using var source = new CancellationTokenSource();
        var rows = new CancellingSet(Problems.Clusters(1000, 4, 1), source, cancelAfter: 100);
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(Problems.Settings(4), network, rows, null, source.Token));
        Assert.AreEqual(128, rows.Reads, "the fourth batch of 32 is the last");
        network.Fold();
    }

    [TestMethod]
    public void Run_CancelledWhileValidating_StopsBeforeTheNextBatch()
    {
        using var network = Problems.VectorNetwork(2);
        using var source = new CancellationTokenSource();
        var validation = new CancellingSet(Problems.Clusters(1000, 4, 1), source, cancelAfter: 300);
        Assert.ThrowsExactly<OperationCanceledException>(
            () => Train(Problems.Settings(4), network, Problems.Clusters(40, 4, 2), validation, source.Token));
        Assert.AreEqual(512, validation.Reads);
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma, 1e25)]
    [DataRow(GloroLossKind.CrossEntropy, 1e25)]
    [DataRow(GloroLossKind.Emma, 3e38)]
    [DataRow(GloroLossKind.CrossEntropy, 3e38)]
    [DataRow(GloroLossKind.Emma, double.NaN)]
    [DataRow(GloroLossKind.CrossEntropy, double.NaN)]
    public void Run_AbsurdLearningRate_SaysThatTrainingDiverged(GloroLossKind loss, double rate)
    {
        var settings = Problems.Settings(4).With(o => { o.Loss = loss; o.LearningRate = rate; });
        using var vectors = Problems.VectorNetwork(2);
        AssertDiverges(settings, vectors, Problems.Clusters(100, 4, 1), Problems.Clusters(100, 4, 1));
        using var images = Problems.ImageNetwork(2);
        AssertDiverges(
            settings with { Guarantee = Rows.Bind(RobustnessGuarantee.Local, 3) }, images, Problems.Blobs(100, 1), Problems.Blobs(30, 1));
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma)]
    [DataRow(GloroLossKind.CrossEntropy)]
    public void Run_LastStepOfAnEpochBreaksTheWeights_IsSeenWithAndWithoutValidation(GloroLossKind loss)
    {
        // One batch an epoch: the loss is that of the first weights, and fine.
        var settings = Problems.Settings(4, epochs: 1)
            .With(o => { o.Loss = loss; o.BatchSize = 100; o.LearningRate = double.NaN; o.WarmUpFraction = 0; });
        foreach (bool validate in new[] { false, true })
        {
            using var network = Problems.VectorNetwork(2);
            AssertDiverges(settings, network, Problems.Clusters(100, 4, 1), validate ? Problems.Clusters(20, 4, 1) : null);
        }
    }

    [TestMethod]
    [DataRow(GloroLossKind.Emma)]
    [DataRow(GloroLossKind.CrossEntropy)]
    public void Run_KappaIsNaNBeforeTheLogitsAre_SaysThatTrainingDiverged(GloroLossKind loss)
    {
        // Weights of 10²⁵ on zeros: logits are fine, while the estimate of the norm overflows.
        using var scope = torch.NewDisposeScope();
        var factory = Nets.Factory(1);
        var shape = TensorShape.Vector(6);
        using var network = new LipschitzNetwork(shape, [new DenseLayer(6, 6, factory)], new UnitNormDenseLayer(6, 4, factory));
        using (torch.no_grad())
            network.Parameters[0].fill_(1e25f);
        var zeros = new VectorTrainingSet(
            shape, [.. Enumerable.Range(0, 40).Select(_ => new float[6])], [.. Enumerable.Range(0, 40).Select(i => i % 4)]);
        Assert.IsTrue(network.Forward(torch.zeros(1, 6), false).isfinite().all().item<bool>());
        Assert.IsFalse(float.IsFinite(network.EstimateKappa(2).item<float>()));
        AssertDiverges(Problems.Settings(4).With(o => o.Loss = loss), network, zeros, null);
    }

    [TestMethod]
    public void Run_MoreBatches_KeepsNoMoreTensors()
    {
        foreach (var loss in Enum.GetValues<GloroLossKind>())
        {
            using var network = Problems.ImageNetwork(2);
            long before = TorchProcess.LiveTensors();
            var live = new List<long>();
            new Trainer(Problems.Settings(3, 3).With(o => o.Loss = loss), network, Problems.Blobs(96, 1), Problems.Blobs(30, 2))
                .Run(_ => live.Add(TorchProcess.LiveTensors()), default);
            Assert.AreEqual(live[0], live[1], $"{loss}");
            Assert.AreEqual(live[0], live[2], $"{loss}");
            Assert.AreEqual(before, TorchProcess.LiveTensors(), $"{loss}: the run gives back what it took");
        }
    }

    private static void AssertDiverges(TrainingContext settings, LipschitzNetwork network, TrainingSet train, TrainingSet? validation)
    {
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Train(settings, network, train, validation));
        StringAssert.StartsWith(e.Message, "Training diverged in epoch ");
        StringAssert.Contains(e.Message, "Lower the learning rate");
    }

    private static List<GloroTrainingProgress> Train(
        TrainingContext settings, LipschitzNetwork network, TrainingSet train, TrainingSet? validation, CancellationToken token = default)
    {
        var progress = new List<GloroTrainingProgress>();
        new Trainer(settings, network, train, validation).Run(progress.Add, token);
        return progress;
    }

    /// <summary>Cancels when so many rows have been read.</summary>
    private sealed class CancellingSet(TrainingSet rows, CancellationTokenSource source, int cancelAfter)
        : TrainingSet(rows.Shape, [.. Enumerable.Range(0, rows.Count).Select(rows.Label)])
    {
        private int _reads;

        public int Reads => _reads;

        public override void Read(int index, Span<float> destination)
        {
            if (Interlocked.Increment(ref _reads) == cancelAfter)
                source.Cancel();
            rows.Read(index, destination);
        }

        public override void ReadAugmented(int index, Span<float> destination, Random random) => Read(index, destination);

        public override float[] ChannelMeans() => rows.ChannelMeans();

        public override TrainingSet Subset(IReadOnlyList<int> indices) => rows.Subset(indices);
    }
}
