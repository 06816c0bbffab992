using System.Diagnostics;
using Microsoft.ML.Gloro.Tests.Analysis;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>A training that runs in this process, or in one of its own, which can be killed.</summary>
internal static class TrainingProcess
{
    public const int Epochs = 4;

    /// <summary>
    /// Trains with the checkpoint folder <c>args[0]</c>, writes a line an epoch, and the model to <c>args[1]</c>. Or does what its first
    /// word says.
    /// </summary>
    public static int Main(string[] args)
    {
        if (args[0] == SweepProcess.Word)
            return SweepProcess.Run(args[1]);
        if (args[0] == TypesProcess.Word)
            return TypesProcess.Run();
        if (args[0] == JsonReflectionTests.Word)
            return JsonReflectionTests.Run(args[1]);
        var recorder = new Recorder(p => Console.WriteLine($"epoch {p.Epoch}"));
        File.WriteAllText(args[1], Train(args[0], recorder));
        return 0;
    }

    /// <summary>The library's part of the model, as text.</summary>
    public static string Train(string? folder, Recorder? recorder = null)
    {
        // Epochs of 170 steps: long enough to be killed in.
        var options = Blobs.Options(Epochs);
        (options.BatchSize, options.CheckpointFolder, options.Progress) = (8, folder, recorder);
        (options.AveragingDecay, options.KeepBest) = (0.9, true);
        return ModelFiles.GloroPart(Blobs.Pipeline(new MLContext(seed: 1), options).Fit(Blobs.View(1500)).LastTransformer);
    }

    /// <summary>Starts this in a process of its own.</summary>
    public static Process Start(string folder, string modelPath) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(TrainingProcess).Assembly.Location, folder, modelPath]) { RedirectStandardOutput = true })!;
}
