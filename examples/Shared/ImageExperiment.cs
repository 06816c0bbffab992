using System.Diagnostics;
using Examples;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

namespace Experiments;

/// <summary>Trains on one part of a data set, or loads a trained model, and prints what can be proved on the other part.</summary>
internal sealed class ImageExperiment : IDisposable
{
    private readonly ExperimentArguments _arguments;
    private readonly CancellationTokenSource _stop = new();
    private readonly TrainingDisplay _display = new(lines: false); // the log has a line for each epoch
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public ImageExperiment(ExperimentArguments arguments)
    {
        _arguments = arguments;
        Context = new MLContext(arguments.Seed);
        Context.Log += (_, e) =>
        {
            if (e.Source.StartsWith("Gloro", StringComparison.Ordinal))
                Say(e.RawMessage);
        };
        Console.CancelKeyPress += Stop;
    }

    public MLContext Context { get; }

    /// <summary>What classes are put together by in the figure; by default nothing.</summary>
    public Func<string, string> ClassGroup { get; init; } = _ => "";

    /// <summary>The K of the RTK whose sets the figure shows, whatever was trained for.</summary>
    public required int FigureK { get; init; }

    /// <summary>The options of the trainer that the command line asks for.</summary>
    /// <param name="augmentation">What suits the images, without what the command line adds.</param>
    public GloroImageClassificationOptions Options(GloroAugmentationOptions augmentation)
    {
        (augmentation.RandAugment, augmentation.CutoutSide) = (_arguments.RandAugment, _arguments.Cutout);
        augmentation.MixupAlpha = _arguments.Mixup;
        if (_arguments.Color != 0)
        {
            double color = _arguments.Color;
            augmentation.ColorJitter = new() { Brightness = color, Contrast = color, Saturation = color };
        }

        var options = new GloroImageClassificationOptions
        {
            Guarantee = _arguments.Guarantee,
            Epsilon = _arguments.Epsilon,
            Epochs = _arguments.Epochs,
            BatchSize = _arguments.Batch,
            PowerIterationSteps = _arguments.PowerSteps,
            Loss = _arguments.Loss,
            EpsilonFactor = _arguments.EpsilonFactor,
            ClosingEpsilonFactor = _arguments.ClosingFactor,
            LearningRate = _arguments.LearningRate,
            Augmentation = augmentation,
            Views = _arguments.Views,
            ValidationFraction = _arguments.Validation,
            Lookahead = _arguments.Lookahead,
            WeightDecay = _arguments.WeightDecay,
            AveragingDecay = _arguments.Averaging,
            EarlyStoppingPatience = _arguments.Patience,
            TimeBudget = _arguments.TimeBudget,
            Progress = _display,
            CheckpointFolder = _arguments.Checkpoints,
            Seed = _arguments.Seed,
            CancellationToken = _stop.Token,
        };
        if (_arguments.StartFrom is { } path)
            (options.InitialModel, options.InitialEpsilonFactor) = (SavedModel.Load(Context, path), 1);
        else
        {
            (options.Depth, options.Width, options.TailWidth, options.TailDepth) =
                (_arguments.Depth, _arguments.Width, _arguments.Tail, _arguments.TailDepth);
            options.Layers = _arguments.Layers;
        }

        return options;
    }

    /// <summary>Trains and saves, or loads, and measures. Returns the exit code.</summary>
    /// <param name="pipeline">All steps, with the trainer at the end.</param>
    /// <param name="train">The rows to train on.</param>
    /// <param name="test">The rows to measure on.</param>
    /// <param name="guarantees">What to measure, with the names to print.</param>
    /// <param name="showMore">Gets the model and the scored test rows once they are measured.</param>
    public int Run(IEstimator<ITransformer> pipeline, IDataView train, IDataView test,
        IReadOnlyList<(string Name, RobustnessGuarantee Guarantee)> guarantees, Action<ITransformer, IDataView>? showMore = null)
    {
        ITransformer model;
        try
        {
            model = _arguments.Model is { } path ? Load(path) : Train(pipeline, train);
        }
        catch (OperationCanceledException)
        {
            File.Delete(_arguments.PartialSave);
            Console.Error.WriteLine(_arguments.Checkpoints is { } folder
                ? $"Stopped. The same command continues after the last epoch in {folder}."
                : "Stopped. Nothing was saved.");
            return 1;
        }

        // Each row is scored once, however many guarantees are evaluated.
        IDataView scored = ScoredRows.Keep(Context, model.Transform(test));
        guarantees = Print(scored, guarantees);
        if (_arguments.Discover is { } discover)
            Suggest(scored, discover, [.. guarantees.Select(g => g.Guarantee).Where(g => g.AffinitySets is not null)]);
        if (_arguments.Columns is { } columns)
            ScoredRows.WriteText(Context, scored, columns);
        if (_arguments.Figure is { } figure)
            Draw(scored, figure);
        showMore?.Invoke(model, scored);
        Say("Done.");
        return 0;
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= Stop;
        _stop.Dispose();
    }

    private ITransformer Load(string path)
    {
        ITransformer model = SavedModel.Load(Context, path);
        return _arguments.Views is { } views ? Context.Gloro.WithViews(model, views) : model;
    }

    private ITransformer Train(IEstimator<ITransformer> pipeline, IDataView train)
    {
        ITransformer model = _display.Run(() => pipeline.Fit(train));
        Context.Model.Save(model, train.Schema, _arguments.PartialSave);
        File.Move(_arguments.PartialSave, _arguments.Save, overwrite: true);
        double megabytes = new FileInfo(_arguments.Save).Length / 1024.0 / 1024.0;
        Say($"Trained, and saved as {Path.GetFullPath(_arguments.Save)} ({megabytes:F1} MB).");
        return model;
    }

    // Returns the guarantees that fit the classes. A folder of the user's own may have five classes, or none with the name Highway.
    private List<(string Name, RobustnessGuarantee Guarantee)> Print(
        IDataView scored, IReadOnlyList<(string Name, RobustnessGuarantee Guarantee)> guarantees)
    {
        Show.Line($"{Context.Gloro.Evaluate(scored)}");
        var fitting = new List<(string Name, RobustnessGuarantee Guarantee)>();
        var rows = new List<string[]>();
        var leftOut = new List<string>();
        foreach (var (name, guarantee) in guarantees)
        {
            try
            {
                GloroMetrics m = Context.Gloro.Evaluate(scored, guarantee: guarantee);
                rows.Add([name, $"{m.VerifiedRobustAccuracy:F4}", $"{m.Top1VerifiedRobustAccuracy:F4}", $"{m.CertifiedFraction:F4}",
                    $"{m.MeanCertifiedSetSize:F2}", $"{m.MeanLoosestSetSize:F2}"]);
                fitting.Add((name, guarantee));
            }
            catch (ArgumentException)
            {
                leftOut.Add(name);
            }
        }

        Show.Table(["guarantee", "VRA", "top-1 VRA", "certified", "mean set", "loosest"], rows);
        if (leftOut.Count > 0)
            Show.Line($"Left out, because they do not fit these classes: {string.Join(", ", leftOut)}");
        return fitting;
    }

    private void Suggest(IDataView scored, GloroAffinityDiscoveryOptions discovery, RobustnessGuarantee[] known)
    {
        // The price of docs/choosing.md, below the default, at which affinity sets of ten classes are found.
        GuaranteeSuggestions suggestions = Context.Gloro.Suggest(
            scored, new() { BitPrice = 0.1, Discovery = discovery, Guarantees = known, CancellationToken = _stop.Token });
        Show.Line($"{suggestions.Discovery}");
        Show.Line($"{suggestions}");
        var pairs = (from set in suggestions.Discovery!.Details
                     from i in Enumerable.Range(0, set.Classes.Count)
                     from j in Enumerable.Range(0, i)
                     select (ClassGroup(set.Classes[i]), ClassGroup(set.Classes[j]))).Where(pair => pair.Item1.Length > 0).ToList();
        if (pairs.Count > 0)
        {
            int together = pairs.Count(pair => pair.Item1 == pair.Item2);
            Show.Line($"{together} of the {pairs.Count} pairs of classes in the discovered sets are in one group of the data set's own");
        }
    }

    private void Draw(IDataView scored, string path)
    {
        // With few classes there are few radii.
        int largest = Math.Min(FigureK, ((VectorDataViewType)scored.Schema["TopKRadii"].Type).Size);
        var sets = new SharedSets(Context, scored, largest, _arguments.Epsilon);
        int[] order = [.. Enumerable.Range(0, sets.Classes.Count).OrderBy(i => ClassGroup(sets.Classes[i]), StringComparer.Ordinal)];
        string title = $"Classes that share certified label sets ({RobustnessGuarantee.RelaxedTopK(largest)})";
        File.WriteAllText(path, SharedSetsFigure.Draw(sets, order, title));
    }

    private void Say(string text) => Show.Line($"{_clock.Elapsed:hh\\:mm\\:ss}  {text}");

    private void Stop(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = true;
        _stop.Cancel();
    }
}
