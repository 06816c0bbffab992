using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>What surrounds a training: cancellation, progress, the log, the device.</summary>
[TestClass]
public sealed class TrainingControlTests
{
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(10);

    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void Fit_CancelledBefore_ReadsNoRow()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        int read = 0;
        var trainer = Trainer(o => o.CancellationToken = source.Token);
        var data = Keyed(CountingRows(_ => read++, 30));
        read = 0;
        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Fit(data));
        Assert.AreEqual(0, read);
    }

    [TestMethod]
    public void Fit_CancelledWhileReading_StopsReading()
    {
        // Keys from the start: the transformer of MapValueToKey would read ahead in threads of its own.
        using var source = new CancellationTokenSource();
        int read = 0;
        IEnumerable<VectorRow> Rows()
        {
            foreach (var row in VectorRow.Random(2000))
            {
                if (++read == 10)
                    source.Cancel();
                yield return row;
            }
        }

        Assert.ThrowsExactly<OperationCanceledException>(
            () => Trainer(o => o.CancellationToken = source.Token).Fit(VectorRow.View(Rows())));
        Assert.IsLessThan(100, read);
    }

    [TestMethod]
    public void Fit_CancelledInAnEpoch_StopsWithinABatch()
    {
        using var source = new CancellationTokenSource();
        var recorder = new Recorder(p =>
        {
            if (p.Epoch == 2)
                source.Cancel();
        });
        var clock = Stopwatch.StartNew();
        Assert.ThrowsExactly<OperationCanceledException>(
            () => Trainer(o => (o.Epochs, o.Progress, o.CancellationToken) = (100_000, recorder, source.Token)).Fit(Keyed(Blobs.Rows())));
        Assert.HasCount(2, recorder.Seen);
        Assert.IsLessThan(s_prompt, clock.Elapsed);
    }

    [TestMethod]
    public void Fit_ExecutionOfMLNetCanceledInAnEpoch_StopsWithinABatch()
    {
        var recorder = new Recorder(p =>
        {
            if (p.Epoch == 2)
                CancelExecution(_mlContext);
        });
        var clock = Stopwatch.StartNew();
        var trainer = Trainer(o => (o.Epochs, o.Progress) = (100_000, recorder));
        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Fit(Keyed(Blobs.Rows())));
        Assert.IsLessThan(s_prompt, clock.Elapsed);
        Assert.ThrowsExactly<OperationCanceledException>(() => Trainer(o => o.Epochs = 1).Fit(VectorRow.View(VectorRow.Random(30))));
    }

    [TestMethod]
    public void Bound_ExecutionOfMLNetCanceled_Stops()
    {
        // As Fit bounds a network: this one takes minutes.
        using var stop = new ExecutionStop(((IHostEnvironment)_mlContext).Register("Test", null, null), CancellationToken.None);
        var random = new RandomNetworks(1);
        var shape = new TensorShape(64, 64, 64);
        var convolution = random.Convolution(64, 64, 3, 3, 1, ZeroPadding.All(1));
        var network = new DeployedNetwork(shape, [convolution, new DeployedFlatten(), random.Dense(shape.Size, 2)]);
        using var timer = new Timer(_ => CancelExecution(_mlContext), null, 200, Timeout.Infinite);
        var clock = Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => RigorousBound.Compute(network, stop.Token));
        Assert.IsLessThan(s_prompt, clock.Elapsed);
    }

    [TestMethod]
    public void Fit_AfterACancelledOne_Works()
    {
        using var source = new CancellationTokenSource();
        var trainer = Trainer(o => (o.Progress, o.CancellationToken) = (new Recorder(_ => source.Cancel()), source.Token));
        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Fit(Keyed(Blobs.Rows())));
        using var model = Trainer(o => o.Epochs = 1).Fit(Keyed(Blobs.Rows()));
        Assert.IsTrue(double.IsFinite(model.LipschitzBound));
    }

    [TestMethod]
    public void Fit_Progress_TellsOfEveryEpochWithFiguresThatMakeSense()
    {
        var recorder = new Recorder();
        using var model = Trainer(o => (o.Epochs, o.Progress) = (5, recorder)).Fit(Keyed(Blobs.Rows()));
        Assert.AreEqual("1 2 3 4 5", string.Join(" ", recorder.Seen.Select(p => p.Epoch)));
        foreach (var p in recorder.Seen)
        {
            Assert.AreEqual(5, p.Epochs);
            Assert.IsTrue(p is { CleanAccuracy: >= 0 and <= 1, VerifiedRobustAccuracy: >= 0 and <= 1, Loss: > 0, Kappa: > 0 }, $"{p}");
            Assert.IsLessThanOrEqualTo(p.CleanAccuracy, p.VerifiedRobustAccuracy);
        }

        Assert.AreEqual(TimeSpan.Zero, recorder.Seen[^1].Remaining);
        Assert.IsTrue(recorder.Seen.Zip(recorder.Seen.Skip(1)).All(pair => pair.First.Elapsed <= pair.Second.Elapsed));

        // Power iteration approaches the norm from below, the bound from above.
        Assert.IsGreaterThanOrEqualTo(recorder.Seen[^1].Kappa * 0.9999, model.LipschitzBound);
    }

    [TestMethod]
    public void Fit_Log_HasALineForEachEpochTheDeviceAndTheBound()
    {
        var log = Log();
        using var model = Trainer(o => o.Epochs = 3).Fit(Keyed(Blobs.Rows()));
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            string line = log.Single(m => m.Contains($"epoch {epoch}/3", StringComparison.Ordinal));
            foreach (string word in new[] { "clean accuracy", "VRA", "κ", "left" })
                StringAssert.Contains(line, word);
        }

        Assert.Contains(m => m.Contains("Training on the CPU", StringComparison.Ordinal), log);
        Assert.Contains(m => m.Contains("rigorous bound", StringComparison.Ordinal), log);
    }

    [TestMethod]
    public void Fit_GpuThatIsNotThereWithoutFallback_FailsBeforeReadingAndNamesThePackages()
    {
        if (torch.cuda.is_available())
            Assert.Inconclusive("This machine has a GPU.");
        (_mlContext.GpuDeviceId, _mlContext.FallbackToCpu) = (0, false);
        int read = 0;
        var data = Keyed(CountingRows(_ => read++, 30));
        read = 0;
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer().Fit(data));
        foreach (string word in new[] { "GpuDeviceId is 0", "TorchSharp-cuda-windows", "TorchSharp-cuda-linux", "FallbackToCpu" })
            StringAssert.Contains(e.Message, word);
        Assert.AreEqual(0, read);
    }

    [TestMethod]
    public void Fit_GpuThatIsNotThereWithFallback_WarnsAndTrainsOnTheCpu()
    {
        if (torch.cuda.is_available())
            Assert.Inconclusive("This machine has a GPU.");
        (_mlContext.GpuDeviceId, _mlContext.FallbackToCpu) = (0, true);
        var log = Log();
        using var model = Trainer(o => o.Epochs = 1).Fit(Keyed(Blobs.Rows()));
        Assert.Contains(m => m.Contains("falling back to the CPU", StringComparison.Ordinal), log);
        Assert.IsTrue(double.IsFinite(model.LipschitzBound));
    }

    [TestMethod]
    public void Fit_LearningRateFarTooHigh_GivesAModelOrSaysThatItDiverged()
    {
        try
        {
            using var model = Trainer(o => (o.LearningRate, o.MaximumGradientNorm, o.Epochs) = (1e30, 1e30, 2)).Fit(Keyed(Blobs.Rows()));
            Assert.IsTrue(double.IsFinite(model.LipschitzBound));
        }
        catch (InvalidOperationException e)
        {
            StringAssert.Contains(e.Message, "diverged");
            StringAssert.Contains(e.Message, "learning rate");
        }
    }

    [TestMethod]
    public void Fit_ThreadCount_IsSaidAndPutBack()
    {
        TorchProcess.Prepare();
        torch.set_num_threads(2);
        try
        {
            var log = Log();
            using var model = Trainer(o => (o.Epochs, o.ThreadCount) = (1, 1)).Fit(Keyed(Blobs.Rows(30)));
            Assert.AreEqual(2, torch.get_num_threads());
            StringAssert.EndsWith(log.Single(line => line.Contains("Training on the CPU", StringComparison.Ordinal)), " 1 threads.");
        }
        finally
        {
            TorchProcess.Prepare();
        }
    }

    private GloroEstimator Trainer(Action<GloroMulticlassClassificationOptions>? change = null)
    {
        var options = Blobs.Options();
        change?.Invoke(options);
        return _mlContext.Gloro.MulticlassClassification(options);
    }

    private IDataView Keyed(IEnumerable<BlobRow> rows)
    {
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        return _mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    private List<string> Log()
    {
        var log = new List<string>();
        _mlContext.Log += (_, e) => log.Add(e.Message);
        return log;
    }

    private static IEnumerable<BlobRow> CountingRows(Action<int> onRow, int count)
    {
        int i = 0;
        foreach (var row in Blobs.Rows(count))
        {
            onRow(i++);
            yield return row;
        }
    }

    // Internal in ML.NET; AutoML calls it.
    private static void CancelExecution(MLContext mlContext) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(mlContext, null);
}
