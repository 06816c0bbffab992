using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>A Fit that is stopped or killed, and the Fit after it.</summary>
[TestClass]
public sealed class ResumeTests
{
    [TestMethod]
    public void Fit_KilledTwice_EndsWithTheBytesOfAnUninterruptedOne()
    {
        using var folder = new TemporaryFolder();
        string checkpoints = Path.Combine(folder.Path, "checkpoints"), model = Path.Combine(folder.Path, "model.txt");

        // Killed at once after an epoch is reported: in the middle of the next.
        Assert.AreEqual("epoch 1", RunUntil("epoch 1", checkpoints, model));
        Assert.AreEqual("epoch 2, epoch 3", RunUntil("epoch 3", checkpoints, model));
        Assert.IsFalse(File.Exists(model));
        Assert.AreEqual("epoch 4", RunUntil("never", checkpoints, model));
        Assert.AreEqual(TrainingProcess.Train(null), File.ReadAllText(model));
    }

    [TestMethod]
    public void Fit_CancelledImages_EndsWithTheBytesOfAnUninterruptedOne()
    {
        using var tiles = new ColorTiles(count: 48);
        using var folder = new TemporaryFolder();
        string whole = ModelFiles.GloroPart(tiles.Pipeline(new MLContext(seed: 1), Options(null)).Fit(tiles.View).LastTransformer);
        using var source = new CancellationTokenSource();
        var first = Options(folder.Path);
        (first.CancellationToken, first.Progress) = (source.Token, new Recorder(p => { if (p.Epoch == 2) source.Cancel(); }));
        Assert.ThrowsExactly<OperationCanceledException>(() => tiles.Pipeline(new MLContext(seed: 1), first).Fit(tiles.View));

        // Names of columns and what is only scored with are no part of a training; its seed it keeps.
        var recorder = new Recorder();
        var second = Options(folder.Path);
        (second.Progress, second.OutputColumnPrefix) = (recorder, "P");
        Assert.AreEqual(whole, ModelFiles.GloroPart(tiles.Pipeline(new MLContext(seed: 2), second).Fit(tiles.View).LastTransformer));
        Assert.AreEqual("3 4", string.Join(' ', recorder.Seen.Select(p => p.Epoch)));

        // Complete: the same again at once, anything else anew.
        recorder.Seen.Clear();
        Assert.AreEqual(whole, ModelFiles.GloroPart(tiles.Pipeline(new MLContext(seed: 1), second).Fit(tiles.View).LastTransformer));
        Assert.IsEmpty(recorder.Seen);
        tiles.Pipeline(new MLContext(seed: 2), second).Fit(tiles.View);
        Assert.HasCount(4, recorder.Seen);

        static GloroImageClassificationOptions Options(string? folder)
        {
            var options = ColorTiles.Options();
            (options.CheckpointFolder, options.Seed) = (folder, null);
            return options;
        }
    }

    [TestMethod]
    public void Fit_LongerThanWhatIsComplete_GoesOnFromItAndCanBeInterrupted()
    {
        using var folder = new TemporaryFolder();
        string one = Path.Combine(folder.Path, "one"), two = Path.Combine(folder.Path, "two");
        foreach (string checkpoints in new[] { one, two })
            Assert.AreEqual("1 2 3", Fit(checkpoints, 3).Epochs);
        var whole = Fit(one, 6);
        Assert.AreEqual("4 5 6", whole.Epochs);

        using var source = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(
            two, 6, o => (o.CancellationToken, o.Progress) = (source.Token, new Recorder(p => { if (p.Epoch == 5) source.Cancel(); }))));
        Assert.AreEqual(("6", whole.Model), Fit(two, 6));
        Assert.AreEqual(("", whole.Model), Fit(two, 6));

        // Nothing more to do, or something else: anew.
        Assert.AreEqual("1 2", Fit(one, 2).Epochs);
        Assert.AreEqual("1 2 3", Fit(one, 3, o => o.LearningRate *= 2).Epochs);
        Assert.AreEqual("1 2 3 4", Fit(one, 4, seed: 2).Epochs);

        (string Epochs, string Model) Fit(
            string checkpoints, int epochs, Action<GloroMulticlassClassificationOptions>? change = null, int seed = 1)
        {
            var recorder = new Recorder();
            var options = Blobs.Options(epochs);
            (options.CheckpointFolder, options.Seed, options.Progress) = (checkpoints, 5, recorder);
            change?.Invoke(options);
            var model = Blobs.Pipeline(new MLContext(), options).Fit(Blobs.View(seed: seed)).LastTransformer;
            return (string.Join(' ', recorder.Seen.Select(p => p.Epoch)), ModelFiles.GloroPart(model));
        }
    }

    [TestMethod]
    public void Fit_CheckpointOfAnotherTraining_SaysWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(
            () => Fit(o => (o.CancellationToken, o.Progress) = (source.Token, new Recorder(_ => source.Cancel()))));
        var other = Assert.ThrowsExactly<InvalidOperationException>(
            () => Fit(o => (o.Width, o.Guarantee, o.Seed) = (32, RobustnessGuarantee.RelaxedTopK(2), 3)));
        foreach (string word in new[] { "epoch 1 of another training", "Width was 16 and is 32", "Guarantee was \"local\" and is \"rtk:2\"",
            "Seed was 5 and is 3", "delete the folder" })
            StringAssert.Contains(other.Message, word);
        var rows = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(_ => { }, seed: 2));
        StringAssert.Contains(rows.Message, "the training rows was 87 (SHA-256");
        StringAssert.Contains(rows.Message, "the validation rows was 9 (SHA-256");
        Assert.IsFalse(rows.Message.Contains("Width", StringComparison.Ordinal), rows.Message);
        Assert.HasCount(3, Fit(_ => { }).Seen, "the checkpoint is still there");

        Recorder Fit(Action<GloroMulticlassClassificationOptions> change, int seed = 1)
        {
            var recorder = new Recorder();
            var options = Blobs.Options(4);
            (options.CheckpointFolder, options.Seed, options.Progress) = (folder.Path, 5, recorder);
            change(options);
            Blobs.Pipeline(new MLContext(), options).Fit(Blobs.View(seed: seed));
            return recorder;
        }
    }

    [TestMethod]
    public void Fit_TimeBudgetAndPatience_EndTheTrainingAndAreSaid()
    {
        var log = new List<string>();
        var mlContext = new MLContext(seed: 1);
        mlContext.Log += (_, e) => log.Add(e.Message);
        var options = Blobs.Options(100_000);
        options.TimeBudget = TimeSpan.FromMilliseconds(300);
        Blobs.Pipeline(mlContext, options).Fit(Blobs.View());
        Assert.Contains(m => m.Contains("the time budget is used up", StringComparison.Ordinal), log);
        (options.TimeBudget, options.EarlyStoppingPatience) = (null, 3);
        Blobs.Pipeline(mlContext, options).Fit(Blobs.View());
        Assert.Contains(m => m.Contains("no better VRA since epoch", StringComparison.Ordinal), log);
        Assert.Contains(m => m.Contains("The weights of epoch", StringComparison.Ordinal), log);
    }

    [TestMethod]
    [DataRow(999, null, false)]
    [DataRow(1000, null, true)]
    [DataRow(1000, false, false)]
    [DataRow(12, true, true)]
    public void Fit_KeepBest_IsTheDefaultWhereRowsAreManyEnoughToChooseBy(int rows, bool? keepBest, bool chosen)
    {
        var log = new List<string>();
        var mlContext = new MLContext(seed: 1);
        mlContext.Log += (_, e) => log.Add(e.Message);
        var validation = Blobs.View(rows, seed: 2);
        var options = Blobs.Options(epochs: 1);
        options.ValidationSet = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(validation).Transform(validation);
        options.KeepBest = keepBest;
        Blobs.Pipeline(mlContext, options).Fit(Blobs.View());
        Assert.AreEqual(chosen, log.Exists(m => m.Contains("The weights of epoch 1 are taken", StringComparison.Ordinal)));
    }

    // The epochs that a process reported until it was killed or done.
    private static string RunUntil(string line, string checkpoints, string model)
    {
        using var process = TrainingProcess.Start(checkpoints, model);
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } read)
        {
            lines.Add(read);
            if (read == line)
                process.Kill();
        }

        process.WaitForExit();
        Assert.AreEqual(line == "never", process.ExitCode == 0);
        return string.Join(", ", lines);
    }
}
