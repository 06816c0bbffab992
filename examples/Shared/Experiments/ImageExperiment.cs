using System.Diagnostics;
using Examples;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

namespace Experiments;

/// <summary>Trains on one part of a data set, or loads a trained model, and prints what can be proved on the other part.</summary>
internal sealed class ImageExperiment : IDisposable
{
    private readonly ExperimentArguments _arguments;
    private readonly CancellationToken _stop;
    private readonly LiveBar<GloroTrainingProgress> _bar = LiveBar.Training(lines: false); // the log has a line for each epoch
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ITransformer? _given, _teacher;
    private readonly string _partialSave;

    /// <summary>
    /// Loads the given model, and checks that the new one can be saved, before an hour of training is lost to a wrong path. An existing
    /// file stays until the new one is complete.
    /// </summary>
    /// <param name="arguments">What the command line asks for. The trainer's options get what only the run knows.</param>
    /// <param name="stop">Ends a training.</param>
    /// <exception cref="FormatException">A given model does not classify images.</exception>
    /// <exception cref="IOException">A given model is missing, or the new one cannot be saved.</exception>
    public ImageExperiment(ExperimentArguments arguments, CancellationToken stop)
    {
        (_arguments, _stop, _partialSave) = (arguments, stop, arguments.Save + ".part");
        var training = arguments.Training;
        Context = new MLContext(training.Seed);
        Context.Log += (_, e) =>
        {
            if (e.Source.StartsWith("Gloro", StringComparison.Ordinal))
                Say(e.RawMessage);
        };
        if ((arguments.Model ?? arguments.StartFrom) is { } path)
        {
            _given = ImageModel.Load(Context, path, out var classifier);
            ClassNames = classifier.ClassNames;
        }

        (training.Progress, training.CancellationToken) = (_bar, stop);
        if (arguments.Model is not null)
            return;
        if (arguments.StartFrom is not null)
            training.InitialModel = _given;
        if (arguments.Teacher is { } teacher)
            training.Teacher = _teacher = ImageModel.Load(Context, teacher, out _);
        File.Create(_partialSave).Dispose();
    }

    public MLContext Context { get; }

    /// <summary>The classes of the model that is measured or gone on from; null for a new one.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>What classes are put together by in the figure; by default nothing.</summary>
    public Func<string, string> ClassGroup { get; init; } = _ => "";

    /// <summary>A text for people, with words where classes are called otherwise; by default the text itself.</summary>
    public Func<string, string> InWords { get; init; } = text => text;

    /// <summary>The K of the RTK whose sets the figure shows, whatever was trained for.</summary>
    public required int FigureK { get; init; }

    /// <summary>What every experiment measures.</summary>
    public static IReadOnlyList<(string Name, RobustnessGuarantee Guarantee)> Guarantees { get; } =
    [
        ("local", RobustnessGuarantee.Local),
        ("RT2", RobustnessGuarantee.RelaxedTopK(2)),
        ("RT3", RobustnessGuarantee.RelaxedTopK(3)),
        ("RT5", RobustnessGuarantee.RelaxedTopK(5)),
    ];

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
            model = _arguments.Model is null ? Train(pipeline, train)
                : _arguments.Training.Views is { } views ? Context.Gloro.WithViews(_given!, views) : _given!;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(_arguments.Training.CheckpointFolder is { } folder
                ? $"Stopped. The same command continues after the last epoch in {folder}."
                : "Stopped. Nothing was saved.");
            return Example.Failed;
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
        return Example.Succeeded;
    }

    public void Dispose()
    {
        if (_arguments.Model is null)
            File.Delete(_partialSave); // of a training that did not end
        (_given as IDisposable)?.Dispose();
        (_teacher as IDisposable)?.Dispose();
    }

    private ITransformer Train(IEstimator<ITransformer> pipeline, IDataView train)
    {
        ITransformer model = _bar.Run(() => pipeline.Fit(train));
        Context.Model.Save(model, train.Schema, _partialSave);
        File.Move(_partialSave, _arguments.Save, overwrite: true);
        double megabytes = new FileInfo(_arguments.Save).Length / 1024.0 / 1024.0;
        using var process = Process.GetCurrentProcess();
        Say($"Trained, and saved as {Path.GetFullPath(_arguments.Save)} ({megabytes:F1} MB). " +
            $"So far the process took {process.TotalProcessorTime.TotalSeconds:F0} s of processor time.");
        return model;
    }

    // Returns the guarantees that fit the classes. A folder of the user's own may have five classes, or none with the name Highway.
    private List<(string Name, RobustnessGuarantee Guarantee)> Print(
        IDataView scored, IReadOnlyList<(string Name, RobustnessGuarantee Guarantee)> guarantees)
    {
        Show.Line(InWords($"{Context.Gloro.Evaluate(scored)}"));
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
            scored, new() { BitPrice = 0.1, Discovery = discovery, Guarantees = known, CancellationToken = _stop });
        Show.Line(InWords($"{suggestions.Discovery}"));
        Show.Line(InWords($"{suggestions}"));
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
        var sets = new SharedSets(Context, scored, largest, _arguments.Training.Epsilon, InWords);
        int[] order = [.. Enumerable.Range(0, sets.Classes.Count).OrderBy(i => ClassGroup(sets.Classes[i]), StringComparer.Ordinal)];
        string title = $"Classes that share certified label sets ({RobustnessGuarantee.RelaxedTopK(largest)})";
        File.WriteAllText(path, SharedSetsFigure.Draw(sets, order, title));
    }

    private void Say(string text) => Show.Line($"{_clock.Elapsed:hh\\:mm\\:ss}  {InWords(text)}");
}
