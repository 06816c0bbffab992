using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Sweeps of real, tiny trainings.</summary>
[TestClass]
public sealed class SweepTests
{
    private static readonly Lazy<GloroSweepResult> s_uninterrupted = new(() => SweepProcess.Sweep(null));

    [ClassInitialize]
    public static void Prepare(TestContext context) => TorchProcess.Prepare();

    [ClassCleanup]
    public static void Dispose()
    {
        if (s_uninterrupted.IsValueCreated)
            s_uninterrupted.Value.BestModel?.Dispose();
    }

    [TestMethod]
    public void Sweep_TwelveShortTrials_FindsABetterVraThanTheOptionsAsGiven()
    {
        var result = s_uninterrupted.Value;
        Assert.AreEqual((true, 12), (result.IsComplete, result.Trials.Count(t => t.Rung == 0)));
        Assert.IsGreaterThan(result.Baseline!.VerifiedRobustAccuracy + 0.05, result.Best!.VerifiedRobustAccuracy, $"{result}");
        Assert.IsTrue(result.Trials.All(t => t.Error is null), $"{result}");

        // The model is the caller's, is the one that was measured, and is what BestOptions learn again.
        var model = result.BestModel!;
        var mlContext = new MLContext(seed: 9);
        Assert.AreEqual(result.Best.VerifiedRobustAccuracy, mlContext.Gloro.Evaluate(model.Transform(SweepProcess.Keyed(60, 2)))
            .VerifiedRobustAccuracy);
        using var again = mlContext.Gloro.MulticlassClassification((GloroMulticlassClassificationOptions)result.BestOptions!)
            .Fit(SweepProcess.Keyed(96, 1));
        Assert.AreEqual(ModelFiles.GloroPart(model), ModelFiles.GloroPart(again));
    }

    [TestMethod]
    public void Sweep_KilledInAProcessOfItsOwn_GoesOnToTheSameResult()
    {
        using var folder = new TemporaryFolder();
        string journal = Path.Combine(folder.Path, "sweep.jsonl");
        using (var process = SweepProcess.Start(journal))
        {
            // Killed after the third training: in the middle of the next.
            for (int line = 0; line < 3; line++)
                Assert.IsNotNull(process.StandardOutput.ReadLine());
            process.Kill();
            process.WaitForExit();
        }

        Assert.IsGreaterThanOrEqualTo(3, File.ReadAllText(journal).Split("\"ended\"").Length - 1);
        var uninterrupted = s_uninterrupted.Value;
        var result = SweepProcess.Sweep(journal);
        Assert.IsTrue(result.Trials[0].FromJournal && result.Trials[2].FromJournal && !result.Trials[^1].FromJournal);
        Assert.AreEqual(Text(uninterrupted), Text(result));
        result.BestModel?.Dispose();

        // All known: nothing is trained, and there is no model.
        result = SweepProcess.Sweep(journal);
        Assert.AreEqual(Text(uninterrupted), Text(result));
        Assert.IsNull(result.BestModel);
        Assert.IsTrue(result.Trials.All(t => t.FromJournal));

        // Other rows, another trainer, another space: refused, with what differs.
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => SweepProcess.Sweep(journal, o =>
        {
            (o.TrainerOptions.Guarantee, o.MetricName, o.TrainerOptions.ValidationSet) =
                (RobustnessGuarantee.RelaxedTopK(2), "clean", SweepProcess.Keyed(60, 5));
            o.Parameters = [GloroSweepParameter.Annotated("LearningRate")];
        }, seed: 3)).Message;
        foreach (string part in new[] { "Guarantee was \"local\" and is \"rtk:2\"", "the metric was VRA and is clean",
            "what is searched was", "the training rows was 96 (SHA-256", "the trainer's validation rows was not known and is 60" })
            StringAssert.Contains(message, part);
        Assert.IsFalse(message.Contains("Epochs was", StringComparison.Ordinal), message);
    }

    [TestMethod]
    public void Sweep_TrainingsThatDiverge_AreFailedTrials()
    {
        var result = SweepProcess.Sweep(null, o =>
        {
            (o.Trials, o.MinEpochs, o.IncludeBaseline) = (3, o.TrainerOptions.Epochs, false);
            o.Parameters = [GloroSweepParameter.Choice("LearningRate", 0.02, 1e30, -1)];
        });
        Assert.AreEqual(2, result.Trials.Count(t => t.Error is not null), $"{result}");
        Assert.AreEqual("LearningRate=0.02", result.Best!.Settings);
        StringAssert.Contains(result.Trials.Single(t => t.Settings == "LearningRate=-1").Error!, "LearningRate must be a positive number");
        result.BestModel!.Dispose();
    }

    [TestMethod]
    public void Sweep_CancelledInATraining_GivesWhatIsThere()
    {
        using var source = new CancellationTokenSource();
        int epochs = 0;
        var result = SweepProcess.Sweep(null, o =>
        {
            (o.Trials, o.MinEpochs, o.TrainerOptions.Epochs, o.CancellationToken) = (3, 4, 4, source.Token);
            o.TrainerOptions.Progress = new Recorder(_ =>
            {
                if (++epochs == 6)
                    source.Cancel();
            });
        });
        Assert.AreEqual((1, false, 6), (result.Trials.Count, result.IsComplete, epochs));
        Assert.IsTrue(result.Best is { IsBaseline: true });
        result.BestModel!.Dispose();
        Assert.IsFalse(SweepProcess.Sweep(null, o => o.CancellationToken = source.Token).IsComplete);
    }

    [TestMethod]
    public void Sweep_OtherMetric_IsWhatTheBestIsChosenBy()
    {
        var result = SweepProcess.Sweep(null, o =>
        {
            (o.Trials, o.MinEpochs, o.TrainerOptions.Epochs) = (4, 3, 3);
            (o.Metric, o.MetricName) = (m => -m.VerifiedRobustAccuracy, "least VRA");
        });
        Assert.AreEqual(result.Trials.Min(t => t.VerifiedRobustAccuracy), result.Best!.VerifiedRobustAccuracy);
        StringAssert.Contains($"{result}", "sweep by least VRA");
        result.BestModel!.Dispose();
    }

    [TestMethod]
    public void Sweep_WhatEveryTrialWouldFailWith_IsThrownAtOnce()
    {
        var mlContext = new MLContext();
        var options = new GloroSweepOptions(Blobs.Options());
        var keyed = SweepProcess.Keyed(9, 1);
        Assert.AreEqual("train", Assert.ThrowsExactly<ArgumentNullException>(() => mlContext.Gloro.Sweep(null!, keyed, options)).ParamName);
        Assert.AreEqual(
            "validation", Assert.ThrowsExactly<ArgumentNullException>(() => mlContext.Gloro.Sweep(keyed, null!, options)).ParamName);
        Assert.AreEqual("options", Assert.ThrowsExactly<ArgumentNullException>(() => mlContext.Gloro.Sweep(keyed, keyed, null!)).ParamName);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Sweep(Blobs.View(), keyed, options)).Message, "MapValueToKey");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Sweep(keyed, Blobs.View(), options)).Message,
            "does not fit the training data");
        options.TrainerOptions.ValidationSet = keyed;
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Sweep(keyed, Blobs.View(), options)).Message,
            "does not fit the training data");
        options.TrainerOptions.Guarantee = RobustnessGuarantee.RelaxedTopK(3);
        Assert.ThrowsExactly<ArgumentException>(() => mlContext.Gloro.Sweep(keyed, keyed, options));
    }

    private static string Text(GloroSweepResult result) =>
        string.Join('\n', result.Trials) + $"\nbest {result.Best}\nfront {string.Join("; ", result.ParetoFront)}";
}
