using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>Where training's messages go.</summary>
[TestClass]
public sealed class TrainingVoiceTests : IDisposable
{
    private static readonly TimeSpan s_nine = TimeSpan.FromSeconds(9), s_two = TimeSpan.FromSeconds(2);

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly FakeTime _time = new();
    private readonly StringWriter _console = new();

    public void Dispose() => _console.Dispose();

    [TestMethod]
    public void Hint_NobodyListens_AppearsOnceAfterTenSeconds()
    {
        using var voice = Voice(new GloroMulticlassClassificationOptions());
        _time.Advance(s_nine);
        Assert.AreEqual("", $"{_console}");
        _time.Advance(s_two);
        _time.Advance(s_nine);
        Assert.AreEqual(TrainingVoice.Hint + Environment.NewLine, $"{_console}");
        StringAssert.Contains(TrainingVoice.Hint, nameof(GloroTrainerOptions.ShowProgress));
    }

    [TestMethod]
    public void Hint_TrainingEndsEarlier_DoesNotAppear()
    {
        Voice(new GloroMulticlassClassificationOptions()).Dispose();
        _time.Advance(s_nine * 2);
        Assert.AreEqual("", $"{_console}");
    }

    [TestMethod]
    public void Hint_SomebodyListensOrWantsNone_DoesNotAppear()
    {
        using var none = Voice(new GloroMulticlassClassificationOptions { ShowProgress = false });
        using var own = Voice(new GloroMulticlassClassificationOptions { Progress = new Recorder() });
        _mlContext.Log += (_, _) => { };
        using var log = Voice(new GloroMulticlassClassificationOptions());
        _time.Advance(s_nine * 2);
        Assert.AreEqual("", $"{_console}");
    }

    [TestMethod]
    public void HasListener_HandlerAddedAndRemoved_SeesBoth()
    {
        // If this fails, ML.NET has changed its event: then no hint would ever appear.
        EventHandler<LoggingEventArgs> handler = (_, _) => { };
        Assert.IsFalse(TrainingVoice.HasListener(_mlContext));
        _mlContext.Log += handler;
        Assert.IsTrue(TrainingVoice.HasListener(_mlContext));
        _mlContext.Log -= handler;
        Assert.IsFalse(TrainingVoice.HasListener(_mlContext));
    }

    [TestMethod]
    public void ShowProgress_True_WritesLinesAndWarnings()
    {
        using var voice = Voice(new GloroMulticlassClassificationOptions { ShowProgress = true });
        voice.Epoch(Progress(RobustnessGuarantee.RelaxedTopK(3)));
        voice.Warn("Few rows.");
        string[] lines = $"{_console}".Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        StringAssert.StartsWith(lines[0], "epoch 1/2: ");
        Assert.AreEqual("Warning: Few rows.", lines[1]);
    }

    [TestMethod]
    public void Progress_EachGuarantee_IsNamedBesideLocalAndClean()
    {
        StringAssert.Contains(
            $"{Progress(RobustnessGuarantee.RelaxedTopK(3))}",
            "RT3 VRA 0.598 (a set of up to 3 classes), local VRA 0.410, clean accuracy 0.448,");
        StringAssert.Contains(
            $"{Progress(RobustnessGuarantee.Parse("affinity:a+b"))}",
            "affinity VRA 0.598 (a set of related classes), local VRA 0.410, clean accuracy 0.448,");
        StringAssert.Contains($"{Progress(RobustnessGuarantee.Local)}", "loss 1.0000, local VRA 0.410, clean accuracy 0.448,");
    }

    [TestMethod]
    public void Fit_RelaxedGuarantee_ReportsLocalVraToo()
    {
        var seen = new Recorder();
        var options = Blobs.Options(epochs: 3);
        (options.Guarantee, options.Progress) = (RobustnessGuarantee.RelaxedTopK(2), seen);
        using var model = Blobs.Pipeline(_mlContext, options).Fit(Blobs.View()).LastTransformer;
        foreach (var epoch in seen.Seen)
        {
            Assert.AreEqual(options.Guarantee, epoch.Guarantee);
            Assert.IsLessThanOrEqualTo(epoch.VerifiedRobustAccuracy, epoch.LocalVerifiedRobustAccuracy);
            Assert.IsLessThanOrEqualTo(epoch.CleanAccuracy, epoch.LocalVerifiedRobustAccuracy);
        }
    }

    private static GloroTrainingProgress Progress(RobustnessGuarantee guarantee) => new()
    {
        Epoch = 1,
        Epochs = 2,
        Loss = 1,
        Guarantee = guarantee,
        CleanAccuracy = 0.448,
        VerifiedRobustAccuracy = 0.598,
        LocalVerifiedRobustAccuracy = 0.41,
        Kappa = 1,
        Elapsed = TimeSpan.Zero,
        Remaining = TimeSpan.Zero,
    };

    private TrainingVoice Voice(GloroTrainerOptions options) => new(
        ((IChannelProvider)_mlContext).Start("test"), options, TrainingVoice.HasListener(_mlContext), _time, _console);
}
