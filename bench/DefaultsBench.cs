using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>The options that the trainers choose by data, against the fixed ones that they had before: VRA and seconds.</summary>
internal static class DefaultsBench
{
    private const string Fixed = "fixed", Automatic = "automatic";

    /// <summary>Trains with each choice on each data set whose name holds <paramref name="filter"/>.</summary>
    /// <param name="eurosat">The folder with EuroSAT's train and test.</param>
    /// <param name="iris">SciPy's iris.txt.</param>
    /// <param name="cifar">The folder of CIFAR-100's binary version.</param>
    /// <param name="filter">Part of a name, or empty.</param>
    /// <param name="choices">fixed, automatic, or SIZE/EPOCHS/BATCH, where SIZE is a word or, for tables, DEPTHxWIDTH.</param>
    public static void Run(string eurosat, string iris, string cifar, string filter, IReadOnlyList<string> choices)
    {
        Console.WriteLine("data | choice | VRA | clean | seconds | processor's seconds | training");
        foreach (var problem in DefaultsData.All(eurosat, iris, cifar).Where(p => p.Name.Contains(filter, StringComparison.Ordinal)))
        {
            foreach (string choice in choices.DefaultIfEmpty(Automatic))
                Show(problem, choice, [.. Enumerable.Range(1, problem.Seeds).Select(seed => Train(problem, choice, seed))]);
        }
    }

    private static Result Train(DefaultsProblem problem, string choice, int seed)
    {
        var mlContext = new MLContext(seed);
        var (train, test) = problem.Rows(mlContext, seed);
        var options = problem.IsImage ? Image(choice) : (GloroTrainerOptions)Vector(choice);
        (options.Epsilon, options.Seed) = (problem.Epsilon, seed);
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(train);
        var keyed = keys.Transform(train);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        using var model = (options is GloroImageClassificationOptions image
            ? mlContext.Gloro.ImageClassification(image)
            : mlContext.Gloro.MulticlassClassification((GloroMulticlassClassificationOptions)options)).Fit(keyed);
        var elapsed = Stopwatch.GetElapsedTime(start);
        process.Refresh();
        var processor = process.TotalProcessorTime - before;
        var metrics = mlContext.Gloro.Evaluate(model.Transform(keys.Transform(test)));
        return new(metrics.VerifiedRobustAccuracy, metrics.CleanAccuracy, elapsed, processor, model.GloroModel.Provenance.Training);
    }

    private static GloroImageClassificationOptions Image(string choice) => choice switch
    {
        Automatic => new(),
        Fixed => new() { Depth = 8, Width = 96, TailWidth = 256, TailDepth = 1, Epochs = 30, BatchSize = 64 },
        _ when choice.Split('/') is [var size, var epochs, var batch] =>
            new() { Size = Enum.Parse<GloroModelSize>(size), Epochs = Number(epochs), BatchSize = Number(batch) },
        _ => throw new ArgumentException($"'{choice}' is not a choice.", nameof(choice)),
    };

    private static GloroMulticlassClassificationOptions Vector(string choice) => choice switch
    {
        Automatic => new(),
        Fixed => new() { Depth = 3, Width = 128, Epochs = 30, BatchSize = 64 },
        _ when choice.Split('/') is [var size, var epochs, var batch] && size.Split('x') is [var depth, var width] =>
            new() { Depth = Number(depth), Width = Number(width), Epochs = Number(epochs), BatchSize = Number(batch) },
        _ => throw new ArgumentException($"'{choice}' is not a choice.", nameof(choice)),
    };

    private static void Show(DefaultsProblem problem, string choice, Result[] results)
    {
        double Mean(Func<Result, double> of) => results.Average(of);
        Console.WriteLine(FormattableString.Invariant($"{problem.Name} | {choice} | {Mean(r => r.Vra):F3} | {Mean(r => r.Clean):F3} | ") +
            FormattableString.Invariant($"{Mean(r => r.Elapsed.TotalSeconds):F1} | {Mean(r => r.Processor.TotalSeconds):F1} | ") +
            results[0].Training);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Result(double Vra, double Clean, TimeSpan Elapsed, TimeSpan Processor, string Training);
}
