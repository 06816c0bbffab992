using System.Diagnostics;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>A sweep that runs in this process, or in one of its own, which can be killed.</summary>
internal static class SweepProcess
{
    public const string Word = "sweep";

    /// <summary>Sweeps with a journal, a line a training.</summary>
    public static int Run(string journal)
    {
        TestSupport.TorchProcess.Prepare();
        Sweep(journal, options => options.Progress = new Lines());
        return 0;
    }

    /// <summary>Starts this in a process of its own.</summary>
    public static Process Start(string journal) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(SweepProcess).Assembly.Location, Word, journal]) { RedirectStandardOutput = true })!;

    /// <summary>Twelve settings, for 1, 2 and 4 epochs; as given, the learning rate is far too low.</summary>
    public static GloroSweepResult Sweep(string? journal, Action<GloroSweepOptions>? change = null, int seed = 1)
    {
        var trainer = Blobs.Options(epochs: 4);
        trainer.LearningRate = 1e-5;
        var options = new GloroSweepOptions(trainer)
        {
            Parameters =
            [
                GloroSweepParameter.Annotated("LearningRate"),
                GloroSweepParameter.Choice("Loss", GloroLossKind.Emma, GloroLossKind.CrossEntropy),
                GloroSweepParameter.Choice("Width", 8, 16),
            ],
            HalvingFactor = 2,
            JournalPath = journal,
        };
        change?.Invoke(options);
        return new MLContext(seed: 1).Gloro.Sweep(Keyed(96, seed), Keyed(60, 2), options);
    }

    /// <summary>Rows as the trainer takes them.</summary>
    public static IDataView Keyed(int count, int seed)
    {
        var mlContext = new MLContext();
        var all = Blobs.View(3);
        return mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(all).Transform(Blobs.View(count, seed));
    }

    private sealed class Lines : IProgress<GloroSweepProgress>
    {
        public void Report(GloroSweepProgress value) => Console.WriteLine(value);
    }
}
