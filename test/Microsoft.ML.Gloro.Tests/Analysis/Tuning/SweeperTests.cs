using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Halving, failures, stopping and the front, with a trainer that only computes.</summary>
[TestClass]
public sealed class SweeperTests
{
    [TestMethod]
    [DataRow(30, 3, null, "4 10 30")]
    [DataRow(10, 3, null, "2 4 10")]
    [DataRow(18, 3, 2, "2 6 18")]
    [DataRow(16, 2, 1, "1 2 4 8 16")]
    [DataRow(16, 2, 5, "8 16")]
    [DataRow(16, 2, 16, "16")]
    [DataRow(1, 3, null, "1")]
    [DataRow(2, 3, null, "1 2")]
    public void Epochs_OfRungs_EndWithAllAndFallByTheFactor(int epochs, int factor, int? least, string expected) =>
        Assert.AreEqual(expected, string.Join(' ', Rungs.Epochs(epochs, factor, least)));

    [TestMethod]
    public void Run_Halving_PromotesTheBestOfEachRung()
    {
        // Of rates that are good early, the middle one is best in the end.
        var trainer = new FakeTrainer(o => 1 - Math.Abs(Math.Log10(Rate(o)) + 3) / 10 - 0.1 / o.Epochs!.Value);
        var result = FakeTrainer.Sweep(FakeTrainer.Options(), trainer);
        Assert.AreEqual("12×2 4×6 1×18", string.Join(' ', trainer.Seen.GroupBy(o => o.Epochs).Select(g => $"{g.Count()}×{g.Key}")));
        foreach (var (rung, next, count) in new[] { (0, 1, 4), (1, 2, 1) })
        {
            int[] best = [.. result.Trials.Where(t => t.Rung == rung).OrderByDescending(t => t.Metric).Take(count)
                .Select(t => t.Number).Order()];
            CollectionAssert.AreEqual(best, result.Trials.Where(t => t.Rung == next).Select(t => t.Number).ToArray());
        }

        Assert.AreEqual(result.Trials.Max(t => t.Metric), result.Best!.Metric);
        Assert.AreEqual((18, result.Best.Options.LearningRate), (result.BestOptions!.Epochs, result.BestOptions.LearningRate));
        Assert.AreEqual((true, null, null), (result.IsComplete, result.Baseline, result.BestModel));
        StringAssert.Contains($"{result}", "sweep by VRA: 17 trainings of 12 settings, 0 failed");
    }

    [TestMethod]
    public void Run_Baseline_GoesAllTheWayAndTakesNobodysPlace()
    {
        var options = FakeTrainer.Options();
        options.IncludeBaseline = true;
        var result = FakeTrainer.Sweep(options,
            new FakeTrainer(o => o.LearningRate is null ? 0.01 : 0.5 + Rate(o)));
        Assert.AreEqual("12 5 2", string.Join(' ', result.Trials.GroupBy(t => t.Rung).Select(g => g.Count())));
        Assert.IsTrue(result.Baseline is { Number: 0, Epochs: 18, Metric: 0.01, IsBaseline: true });
        Assert.IsGreaterThan(0.5, result.Best!.Metric);

        // One that earns its place is not counted twice.
        result = FakeTrainer.Sweep(options,
            new FakeTrainer(o => o.LearningRate is null ? 0.9 : Rate(o)));
        Assert.AreEqual("12 4 1", string.Join(' ', result.Trials.GroupBy(t => t.Rung).Select(g => g.Count())));
    }

    [TestMethod]
    public void Run_SameSeed_SameTrials()
    {
        Assert.AreEqual(Sweep(3), Sweep(3));
        Assert.AreNotEqual(Sweep(3), Sweep(4));
        static string Sweep(int seed)
        {
            var options = new GloroSweepOptions(new GloroMulticlassClassificationOptions { Epochs = 9 }) { Seed = seed };
            var trainer = new FakeTrainer(o => 0.5 / (1 + Math.Abs(Math.Log(Rate(o) * 100))) + o.EpsilonFactor / 100);
            return $"{FakeTrainer.Sweep(options, trainer)}";
        }
    }

    [TestMethod]
    public void Run_TrialsThatFail_AreRecordedAndStopNobody()
    {
        int calls = 0;
        var trainer = new FakeTrainer(o => (calls++ % 4) switch
        {
            0 => throw new InvalidOperationException("diverged"),
            1 => double.NaN,
            2 => throw new OperationCanceledException("somebody else's"),
            _ => Rate(o),
        });
        var result = FakeTrainer.Sweep(FakeTrainer.Options(), trainer);
        Assert.AreEqual("InvalidOperationException: diverged; VRA is NaN; OperationCanceledException: somebody else's; none",
            string.Join("; ", result.Trials.Take(4).Select(t => t.Error ?? "none")));
        Assert.AreEqual(3, result.Trials.Count(t => t.Rung == 0 && t.Error is null));
        Assert.IsTrue(
            result.Trials.Where(t => t.Error is not null).All(t => double.IsNaN(t.Metric) && double.IsNaN(t.VerifiedRobustAccuracy)));
        Assert.IsNull(result.Best!.Error);
        Assert.IsTrue(result.ParetoFront.All(t => t.Error is null));
        StringAssert.Contains($"{result}", "failed: InvalidOperationException: diverged");

        result = FakeTrainer.Sweep(FakeTrainer.Options(), new FakeTrainer(_ => throw new TimeoutException()));
        Assert.AreEqual((12, null, null, true), (result.Trials.Count, result.Best, result.BestOptions, result.IsComplete));
    }

    [TestMethod]
    public void Run_Cancelled_GivesWhatIsThere()
    {
        using var source = new CancellationTokenSource();
        var trainer = new FakeTrainer(o => Rate(o));
        var progress = new Reports(p => { if (p.Done == 5) source.Cancel(); });
        var watched = FakeTrainer.Options();
        (watched.Progress, watched.CancellationToken) = (progress, source.Token);
        var result = FakeTrainer.Sweep(watched, trainer);
        Assert.AreEqual((5, 5, false), (result.Trials.Count, trainer.Seen.Count, result.IsComplete));
        Assert.AreEqual(result.Trials.Max(t => t.Metric), result.Best!.Metric);
        StringAssert.Contains($"{result}", "(cut short)");

        // In the middle of a training, by the trainer's own token.
        using var own = new CancellationTokenSource();
        var options = FakeTrainer.Options();
        options.TrainerOptions.CancellationToken = own.Token;
        int calls = 0;
        result = FakeTrainer.Sweep(options, new FakeTrainer(o =>
        {
            if (++calls == 3)
                own.Cancel();
            return Rate(o);
        }));
        Assert.AreEqual((2, false), (result.Trials.Count, result.IsComplete));

        // What it has found can still be trained.
        Assert.IsFalse(result.BestOptions!.CancellationToken.IsCancellationRequested);
    }

    [TestMethod]
    public void Run_TimeBudget_EndsInTheTrainingThatItRunsOutIn()
    {
        var time = new FakeTime();
        var options = FakeTrainer.Options();
        options.TimeBudget = TimeSpan.FromMinutes(10);
        var result = FakeTrainer.Sweep(options, new FakeTrainer(o =>
        {
            time.Advance(TimeSpan.FromMinutes(3));
            return Rate(o);
        }), time: time);
        Assert.AreEqual((3, false, TimeSpan.FromMinutes(12)), (result.Trials.Count, result.IsComplete, result.Elapsed));
        Assert.IsTrue(result.Trials.All(t => t.Duration == TimeSpan.FromMinutes(3)));
        Assert.IsNotNull(result.Best);
        StringAssert.Contains($"{result}", "00:12:00 (cut short)");
    }

    [TestMethod]
    public void Run_Progress_TellsOfEveryTrial()
    {
        var reports = new Reports(_ => { });
        var options = FakeTrainer.Options();
        options.Progress = reports;
        var result = FakeTrainer.Sweep(options, new FakeTrainer(o => Rate(o)));
        CollectionAssert.AreEqual(result.Trials.ToArray(), reports.Seen.Select(p => p.Trial).ToArray());
        Assert.AreEqual((17, 17), (reports.Seen[^1].Done, reports.Seen[^1].Total));
        Assert.AreSame(result.Best, reports.Seen[^1].Best);
        StringAssert.StartsWith($"{reports.Seen[0]}", "1 of 17, 00:00:00 elapsed: trial 0, 2 epochs: VRA ");
    }

    [TestMethod]
    public void Run_MetricOfTies_TakesTheShortestAndFirst()
    {
        var result = FakeTrainer.Sweep(FakeTrainer.Options(), new FakeTrainer(_ => 0.5));
        Assert.IsTrue(result.Best is { Number: 0, Rung: 0 });
        Assert.AreEqual("0 1 2 3", string.Join(' ', result.Trials.Where(t => t.Rung == 1).Select(t => t.Number)));
        Assert.HasCount(1, result.ParetoFront);
    }

    [TestMethod]
    public void Of_RandomTrials_IsTheSetThatNoneDominates()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            // Coarse figures, so that ties of all kinds occur.
            GloroSweepTrial[] trials = [.. Enumerable.Range(0, 1 + random.Next(12))
                .Select(i => Trial(i, random.Next(6) / 5.0, random.Next(6) / 5.0, failed: random.Next(8) == 0))];
            var front = ParetoFront.Of(trials);
            bool Dominates(GloroSweepTrial a, GloroSweepTrial b) => a.CleanAccuracy >= b.CleanAccuracy
                && a.VerifiedRobustAccuracy >= b.VerifiedRobustAccuracy
                && (a.CleanAccuracy > b.CleanAccuracy || a.VerifiedRobustAccuracy > b.VerifiedRobustAccuracy);
            var expected = trials.Where(t => t.Error is null && !trials.Any(o => o.Error is null && Dominates(o, t)))
                .Select(t => (t.CleanAccuracy, t.VerifiedRobustAccuracy)).Distinct().OrderBy(p => p.CleanAccuracy).ToArray();
            CollectionAssert.AreEqual(expected, front.Select(t => (t.CleanAccuracy, t.VerifiedRobustAccuracy)).ToArray());
        }
    }

    private static GloroSweepTrial Trial(int number, double clean, double vra, bool failed) =>
        new(new GloroMulticlassClassificationOptions())
        {
            Number = number,
            IsBaseline = false,
            Rung = 0,
            Epochs = 1,
            Settings = "",
            Metric = vra,
            VerifiedRobustAccuracy = vra,
            CleanAccuracy = clean,
            Top1VerifiedRobustAccuracy = vra,
            LocalVerifiedRobustAccuracy = vra,
            MeanLoosestSetSize = 1,
            Duration = default,
            Error = failed ? "failed" : null,
            FromJournal = false,
        };

    private static double Rate(GloroTrainerOptions options) => options.LearningRate!.Value;

    /// <summary>Keeps what it is told, at once.</summary>
    private sealed class Reports(Action<GloroSweepProgress> also) : IProgress<GloroSweepProgress>
    {
        public List<GloroSweepProgress> Seen { get; } = [];

        public void Report(GloroSweepProgress value)
        {
            Seen.Add(value);
            also(value);
        }
    }
}
