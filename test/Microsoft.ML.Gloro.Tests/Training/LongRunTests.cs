using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Early stopping, the best weights, the time budget, weight decay and averages, with the real trainer.</summary>
[TestClass]
public sealed class LongRunTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(null, true, 8)]
    [DataRow(2, true, 5)]
    [DataRow(1, true, 4)]
    [DataRow(2, false, 5)]
    [DataRow(null, false, 8)]
    public void Run_VraFallsAfterTheThirdEpoch_StopsAndTakesTheBestWeightsAsAsked(int? patience, bool keepBest, int epochs)
    {
        // In the first epoch half of the validation rows have wrong labels, in the second a quarter, in the third none, then all: VRA rises
        // and falls for certain.
        var (rows, labels) = Relabelled(60);
        void Turn(Func<int, bool> which, int by)
        {
            for (int i = 0; i < labels.Length; i++)
                labels[i] = which(i) ? (labels[i] + by) % 4 : labels[i];
        }

        Turn(i => i % 4 < 2, 1);
        using var network = Problems.VectorNetwork(2);
        var settings = Problems.Settings(4, epochs: 8).With(o => o.EarlyStoppingPatience = patience) with { KeepBest = keepBest };
        var (hashes, progress) = (new List<string>(), new List<GloroTrainingProgress>());
        new Trainer(settings, network, Problems.Clusters(200, 4, 1), rows).Run(
            p =>
            {
                progress.Add(p);
                hashes.Add(p.Remaining > TimeSpan.Zero ? Hash(network) : "the last");
                if (p.Epoch is 1 or 2)
                    Turn(i => i % 4 == p.Epoch - 1, 3);
                if (p.Epoch == 3)
                    Turn(_ => true, 1);
            },
            default);
        double[] vra = [.. progress.Select(p => p.VerifiedRobustAccuracy)];
        Assert.AreEqual(3, 1 + Array.IndexOf(vra, vra.Max()), $"the third epoch is the best: {string.Join(' ', vra)}");
        Assert.HasCount(epochs, progress);
        Assert.AreEqual(keepBest, hashes[2] == Hash(network));
    }

    [TestMethod]
    [DataRow(1_000_000, 4)] // the standard error is .0005
    [DataRow(25, 5)]        // .092
    [DataRow(20, 6)]        // .102
    public void Consider_SeveralEpochs_KeepsTheLastWithinAStandardErrorAndCountsFromTheFirst(int rows, int kept)
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.zeros(2);
        using var best = new BestWeights([weight], rows, keep: true);
        Assert.IsFalse(best.Restore());
        foreach (var (epoch, vra) in new[] { (1, 0.5), (2, double.NaN), (3, 0.7), (4, 0.7), (5, 0.62), (6, 0.598), (7, double.NaN) })
        {
            weight.fill_(epoch);
            best.Consider(epoch, vra);
        }

        Assert.AreEqual((0.7, 3, kept), (best.VerifiedRobustAccuracy, best.ReachedAt, best.KeptEpoch));
        Assert.IsTrue(best.Restore());
        Assert.AreEqual((float)kept, weight[1].item<float>());
    }

    [TestMethod]
    [DataRow(35)]
    [DataRow(10)]
    [DataRow(3)]
    public void Run_TimeBudget_EndsInTime(int seconds)
    {
        // A clock of its own: 10 ms a row trained on, 4 ms a row validated. An epoch is 3.2 s and 0.4 s, so that 35 s hold nearly ten of
        // the 100 epochs.
        var time = new RowTime();
        using var network = Problems.VectorNetwork(2);
        var settings = Problems.Settings(4, epochs: 100).With(o => o.TimeBudget = TimeSpan.FromSeconds(seconds));
        var train = new WatchedSet(Problems.Clusters(320, 4, 1), _ => time.Add(10));
        var validation = new WatchedSet(Problems.Clusters(100, 4, 2), _ => time.Add(4));
        var progress = new List<GloroTrainingProgress>();
        var notes = new List<string>();
        new Trainer(settings, network, train, validation) { Time = time, Note = notes.Add }.Run(progress.Add, default);
        var last = progress[^1];
        Assert.IsLessThanOrEqualTo(seconds + 0.32, last.Elapsed.TotalSeconds, "to within a batch");
        Assert.IsGreaterThan(seconds - 0.65, last.Elapsed.TotalSeconds);
        Assert.AreEqual((int)Math.Ceiling((seconds - 0.4) / 3.6), last.Epoch);
        Assert.AreEqual(TimeSpan.Zero, last.Remaining);
        foreach (var p in progress.SkipLast(1))
            Assert.AreEqual(seconds, (p.Elapsed + p.Remaining).TotalSeconds, 0.5, "the time left is the budget's");
        StringAssert.Contains(notes.Single(), "time budget");
        Assert.IsGreaterThan(0.8, seconds == 35 ? last.CleanAccuracy : 1);
    }

    [TestMethod]
    public void Progress_TimeOrSteps_IsTheLargerShare()
    {
        var time = new RowTime();
        var free = new TrainingClock(time, null, 100) { Step = 10 };
        var clock = new TrainingClock(time, TimeSpan.FromSeconds(10), 100) { Step = 10 };
        time.Add(4000);
        Assert.AreEqual((0.1, 0.4), (free.Progress, clock.Progress));
        Assert.AreEqual((36.0, 6.0), (free.Remaining(free.Elapsed).TotalSeconds, clock.Remaining(clock.Elapsed).TotalSeconds));
        clock.Reserve = TimeSpan.FromSeconds(2);
        Assert.AreEqual(0.5, clock.Progress);
        clock.Step = 60;
        Assert.AreEqual(0.6, clock.Progress);
        time.Add(4001);
        Assert.AreEqual((0.1, 1.0), (free.Progress, clock.Progress));
        clock.Resume(TimeSpan.FromSeconds(1), 20);
        Assert.AreEqual(9.001, clock.Elapsed.TotalSeconds, 1e-9);
    }

    [TestMethod]
    public void Run_TimeBudgetOverAResume_CountsWhatCameBefore()
    {
        using var folder = new TemporaryFolder();
        var settings = Problems.Settings(4, epochs: 100).With(o => o.TimeBudget = TimeSpan.FromSeconds(20));
        var elapsed = new List<double>();
        foreach (int stop in new[] { 3 * 320 + 100, int.MaxValue })
        {
            var time = new RowTime();
            using var source = new CancellationTokenSource();
            using var network = Problems.VectorNetwork(2);
            using var store = new CheckpointStore(folder.Path, _ => { });
            var rows = new WatchedSet(Problems.Clusters(320, 4, 1), reads =>
            {
                time.Add(10);
                if (reads == stop)
                    source.Cancel();
            });
            try
            {
                new Trainer(settings, network, rows, null) { Time = time, Checkpoints = store }
                    .Run(p => elapsed.Add(p.Elapsed.TotalSeconds), source.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        // Three epochs of 3.2 s, one that is lost, and what is left of 20 s.
        Assert.AreEqual("3.2 6.4 9.6 12.8 16.0 19.2 20.2", string.Join(' ', elapsed.Select(e => FormattableString.Invariant($"{e:F1}"))));
    }

    [TestMethod]
    public void Run_OneStepOfAdam_MovesByTheRateAndLookaheadHalvesIt()
    {
        // Adam's first step is the learning rate in the direction of each gradient, whatever its size.
        const double Rate = 0.01;
        float[] After(bool lookahead, bool train = true)
        {
            using var network = Problems.ImageNetwork(2);
            var settings = Problems.Settings(3, epochs: 1).With(o =>
            {
                (o.BatchSize, o.WarmUpFraction, o.LearningRate) = (60, 0, Rate);
                (o.Optimizer, o.Lookahead) = (GloroOptimizer.Adam, lookahead);
            });
            if (train)
                new Trainer(settings, network, Problems.Blobs(60, 1), null).Run(null, default);
            return network.Final.Parameters.First().detach().cpu().contiguous().data<float>().ToArray();
        }

        var (start, full, half) = (After(false, train: false), After(false), After(true));
        for (int i = 0; i < start.Length; i++)
        {
            Assert.AreEqual(Rate, Math.Abs(full[i] - start[i]), 1e-4, $"weight {i}");
            Assert.AreEqual((full[i] + start[i]) / 2, half[i], 1e-6, $"weight {i}");
        }
    }

    [TestMethod]
    public void Run_WeightDecay_TakesItsShareOfWeightsOnly()
    {
        // One step at the full rate.
        const double Rate = 0.01, WeightDecay = 0.5;
        List<float[]> After(double weightDecay, bool train = true)
        {
            using var network = Problems.ImageNetwork(2);
            var settings = Problems.Settings(3, epochs: 1)
                .With(o => { o.BatchSize = 60; o.WarmUpFraction = 0; o.LearningRate = Rate; o.WeightDecay = weightDecay; });
            if (train)
                new Trainer(settings, network, Problems.Blobs(60, 1), null).Run(null, default);
            return [.. network.Parameters.Select(p => p.detach().cpu().contiguous().data<float>().ToArray())];
        }

        var (start, plain, decayed) = (After(0, train: false), After(0), After(WeightDecay));
        using var shapes = Problems.ImageNetwork(2);
        int vectors = 0;
        for (int i = 0; i < start.Count; i++)
        {
            bool vector = shapes.Parameters[i].shape[0] == start[i].Length;
            vectors += vector ? 1 : 0;
            for (int j = 0; j < start[i].Length; j++)
                Assert.AreEqual(vector ? 0 : -Rate * WeightDecay * start[i][j], decayed[i][j] - plain[i][j], 1e-6, $"parameter {i}");
        }

        Assert.IsTrue(vectors is > 3 && vectors < start.Count - 3, $"{vectors} of {start.Count}");
    }

    [TestMethod]
    public void WeightAverage_Steps_FollowsTheFormulaAndSwapsBack()
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.zeros(1);
        using var average = new WeightAverage([weight], 0.5);
        double expected = 0;
        for (int step = 0; step < 20; step++)
        {
            weight.fill_(step + 1);
            average.Step();
            double decay = Math.Min(0.5, (1.0 + step) / (10.0 + step));
            expected = (decay * expected) + ((1 - decay) * (step + 1));
        }

        average.Swap();
        Assert.AreEqual(expected, weight.item<float>(), 1e-4);
        average.Swap();
        Assert.AreEqual(20f, weight.item<float>());
    }

    [TestMethod]
    public void Run_Averaging_DeploysTheAverageThatWasValidated()
    {
        var settings = Problems.Settings(3, epochs: 5).With(o => o.AveragingDecay = 0.9);
        string Train(bool validate, out GloroTrainingProgress last, out double clean, out double circles)
        {
            using var network = Problems.ImageNetwork(1);
            GloroTrainingProgress? seen = null;
            var validation = Problems.Blobs(90, 2);
            new Trainer(settings, network, Problems.Blobs(240, 1, GloroAugmentationOptions.Aerial), validate ? validation : null)
                .Run(p => seen = p, default);
            last = seen!;
            using var scope = torch.NewDisposeScope();
            clean = Validator.Measure(
                network, validation, settings.Guarantee, settings.Options.Epsilon, network.EstimateKappa(20), torch.CPU).CleanAccuracy;
            var plain = network.Fold();
            circles = RigorousBound.Compute(plain).Layers.Aggregate(1.0, (product, layer) => product * Nets.OnCircle(plain, layer));
            return Hash(network);
        }

        string with = Train(true, out var progress, out double clean, out double circles);
        Assert.AreEqual(progress.CleanAccuracy, clean, 1e-9);
        Assert.IsGreaterThan(0.9, clean);
        Assert.IsGreaterThan(0.5, progress.VerifiedRobustAccuracy);
        Assert.IsLessThanOrEqualTo(circles * 1.0001, progress.Kappa);
        Assert.IsGreaterThan(0.8 * circles, progress.Kappa);
        Assert.AreEqual(with, Train(false, out _, out _, out _), "validation changes nothing");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Run_FinishedTrainingProlongedOnWrongLabels_KeepsItsWeightsIfTheBestAreKept(bool keepBest)
    {
        using var folder = new TemporaryFolder();
        var settings = Problems.Settings(4, epochs: 6).With(o => (o.Lookahead, o.AveragingDecay) = (true, 0.9));
        settings = settings with { KeepBest = keepBest };
        var (rows, labels) = Relabelled(200);
        var notes = new List<string>();
        string finished = Run(settings), again = Run(settings);
        Array.Reverse(labels);
        string prolonged = Run(settings.With(o => o.Epochs = 12));
        Assert.AreEqual(finished, again);
        Assert.AreEqual(keepBest, finished == prolonged);
        Assert.Contains("Going on from the training of 6 epochs that is complete in the checkpoint folder.", notes);
        Assert.AreEqual(keepBest, notes[^1].StartsWith("The weights of epoch", StringComparison.Ordinal));

        string Run(TrainingContext settings)
        {
            using var network = Problems.VectorNetwork(2);
            using var store = new CheckpointStore(folder.Path, _ => { });
            store.Identify(
                new Dictionary<string, string> { ["Epochs"] = $"{settings.Options.Epochs}" }, (_, differing) => differing.Count > 0);
            var trainer = new Trainer(settings, network, rows, Problems.Clusters(5000, 4, 2)) { Checkpoints = store, Note = notes.Add };
            trainer.Run(null, default);
            return Hash(network);
        }
    }

    private static string Hash(LipschitzNetwork network) => WeightHash.Compute(network.Fold());

    // Rows whose labels can be changed from outside.
    private static (TrainingSet Rows, int[] Labels) Relabelled(int count)
    {
        var source = Problems.Clusters(count, 4, 2);
        int[] labels = [.. Enumerable.Range(0, count).Select(source.Label)];
        float[][] rows = [.. Enumerable.Range(0, count).Select(i =>
        {
            float[] row = new float[6];
            source.Read(i, row);
            return row;
        })];
        return (new VectorTrainingSet(source.Shape, rows, labels), labels);
    }

    /// <summary>A clock that moves only when it is told to.</summary>
    private sealed class RowTime : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Read(ref _milliseconds);

        public void Add(int milliseconds) => Interlocked.Add(ref _milliseconds, milliseconds);
    }
}
