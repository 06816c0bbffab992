using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Runs trials rung by rung. It knows neither data nor networks: what a trial is, its trainer knows.</summary>
/// <remarks>
/// Going on from a journal is doing all of it again, with the results that are known taken from there: halving sees the same figures and promotes the same trials, whatever
/// moment the sweep was killed at.
/// </remarks>
internal sealed class Sweeper(
    GloroSweepOptions options, IReadOnlyList<SearchDimension> dimensions, ISweptTrainer trainer, SweepJournal? journal, TimeProvider time, Action<string> log)
{
    // More than a timer takes.
    private static readonly TimeSpan s_forever = TimeSpan.FromDays(40);

    private readonly long _start = time.GetTimestamp();
    private readonly List<GloroSweepTrial> _trials = [];
    private GloroSweepTrial? _best;
    private GloroTransformer? _bestModel;
    private int _total;

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>What was found, also if it was cancelled.</summary>
    public GloroSweepResult Run(IProgress<GloroSweepProgress>? progress, CancellationToken cancellationToken)
    {
        using var budget = options.TimeBudget is { } limit && limit < s_forever ? new CancellationTokenSource(limit, time) : new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, options.TrainerOptions.CancellationToken, budget.Token);
        try
        {
            bool isComplete = Climb(progress, stop.Token);
            return Result(options, _trials, _bestModel, isComplete, Elapsed);
        }
        catch
        {
            _bestModel?.Dispose();
            throw;
        }
    }

    public static GloroSweepResult Result(GloroSweepOptions options, IReadOnlyList<GloroSweepTrial> trials, GloroTransformer? model, bool isComplete, TimeSpan elapsed) => new()
    {
        Trials = trials,
        Best = trials.Aggregate((GloroSweepTrial?)null, (best, trial) => IsBetter(trial, best) ? trial : best),
        Baseline = trials.Where(t => t.IsBaseline && t.Error is null).MaxBy(t => t.Epochs),
        ParetoFront = ParetoFront.Of(trials),
        BestModel = model,
        IsComplete = isComplete,
        MetricName = options.MetricName,
        Elapsed = elapsed,
    };

    // All rungs; false if stopped.
    private bool Climb(IProgress<GloroSweepProgress>? progress, CancellationToken stop)
    {
        var proposer = new Proposer(options.TrainerOptions, dimensions, options.GridSteps, options.Seed, options.IncludeBaseline);
        List<SweepSettings> candidates = [.. proposer.Propose().Take(options.Trials)];
        var epochs = Rungs.Epochs(options.TrainerOptions.Epochs, options.HalvingFactor, options.MinEpochs);
        var counts = Rungs.Counts(candidates.Count, options.HalvingFactor, epochs.Count);
        _total = counts.Sum() + (options.IncludeBaseline ? epochs.Count - 1 : 0);
        if (journal is { Count: > 0 })
            log(string.Create(CultureInfo.InvariantCulture, $"The journal holds {journal.Count} results."));
        for (int rung = 0; rung < epochs.Count; rung++)
        {
            var results = new List<(SweepSettings Settings, GloroSweepTrial Trial)>();
            foreach (var settings in candidates)
            {
                if (Try(settings, rung, epochs[rung], stop) is not { } trial)
                    return false;
                results.Add((settings, trial));
                var report = new GloroSweepProgress { Trial = trial, Best = _best, Done = _trials.Count, Total = _total, Elapsed = Elapsed };
                log(report.ToString());
                progress?.Report(report);
            }

            if (rung + 1 < epochs.Count)
                candidates = Promote(results, counts[rung + 1]);
        }

        return true;
    }

    // The best ones and, beside them, the options as given; in the order of their numbers, so that no order of figures shows in what follows.
    private static List<SweepSettings> Promote(List<(SweepSettings Settings, GloroSweepTrial Trial)> results, int count)
    {
        var sound = results.Where(r => r.Trial.Error is null).OrderByDescending(r => r.Trial.Metric).ThenBy(r => r.Settings.Number).ToList();
        return [.. sound.Take(count).Concat(sound.Skip(count).Where(r => r.Settings.IsBaseline)).Select(r => r.Settings).OrderBy(s => s.Number)];
    }

    // Null if stopped: such a trial is none.
    private GloroSweepTrial? Try(SweepSettings settings, int rung, int epochs, CancellationToken stop)
    {
        if (journal?.Find(settings, epochs) is { } known)
            return Keep(ToTrial(settings, rung, known, fromJournal: true), null);
        if (stop.IsCancellationRequested)
            return null;
        var entry = new JournalEntry { Event = JournalEntry.Ended, Trial = settings.Number, Epochs = epochs, Settings = settings.Text, Seconds = 0 };
        if (journal?.IsDeadly(settings, epochs) == true)
        {
            entry = entry with { Error = "the process ended three times during this training" };
            journal.Add(entry);
            return Keep(ToTrial(settings, rung, entry, fromJournal: false), null);
        }

        journal?.Add(new JournalEntry { Event = JournalEntry.Began, Trial = settings.Number, Epochs = epochs });
        long start = time.GetTimestamp();
        GloroTransformer? model = null;
        try
        {
            var (measures, trained) = trainer.Run(For(settings, epochs), stop);
            model = trained;
            entry = double.IsFinite(measures.Metric)
                ? entry with { Measures = measures }
                : entry with { Error = string.Create(CultureInfo.InvariantCulture, $"{options.MetricName} is {measures.Metric}") };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            journal?.Add(new JournalEntry { Event = JournalEntry.Stopped, Trial = settings.Number, Epochs = epochs });
            return null;
        }
        catch (Exception e)
        {
            // Whatever it is: it is this trial's, and the others have nothing to do with it.
            entry = entry with { Error = $"{e.GetType().Name}: {e.Message}" };
        }

        entry = entry with { Seconds = Math.Round(time.GetElapsedTime(start).TotalSeconds, 3) };
        try
        {
            journal?.Add(entry);
        }
        catch
        {
            model?.Dispose();
            throw;
        }

        return Keep(ToTrial(settings, rung, entry, fromJournal: false), model);
    }

    private GloroSweepTrial Keep(GloroSweepTrial trial, GloroTransformer? model)
    {
        _trials.Add(trial);
        if (IsBetter(trial, _best))
        {
            _bestModel?.Dispose();
            (_best, _bestModel) = (trial, model);
        }
        else
        {
            model?.Dispose();
        }

        return trial;
    }

    private static bool IsBetter(GloroSweepTrial trial, GloroSweepTrial? best) => trial.Error is null && (best is null || trial.Metric > best.Metric);

    private static GloroTrainerOptions For(SweepSettings settings, int epochs)
    {
        // A trial's options are for further trainings too: a token that has ended the sweep must not end these.
        var copy = settings.Options.Copy();
        (copy.Epochs, copy.CancellationToken) = (epochs, CancellationToken.None);
        return copy;
    }

    private static GloroSweepTrial ToTrial(SweepSettings settings, int rung, JournalEntry entry, bool fromJournal) => new(For(settings, entry.Epochs))
    {
        Number = settings.Number,
        IsBaseline = settings.IsBaseline,
        Rung = rung,
        Epochs = entry.Epochs,
        Settings = settings.Text,
        Metric = entry.Measures?.Metric ?? double.NaN,
        VerifiedRobustAccuracy = entry.Measures?.VerifiedRobustAccuracy ?? double.NaN,
        CleanAccuracy = entry.Measures?.CleanAccuracy ?? double.NaN,
        Top1VerifiedRobustAccuracy = entry.Measures?.Top1VerifiedRobustAccuracy ?? double.NaN,
        LocalVerifiedRobustAccuracy = entry.Measures?.LocalVerifiedRobustAccuracy ?? double.NaN,
        MeanCertifiedSetSize = entry.Measures?.MeanCertifiedSetSize ?? double.NaN,
        Duration = TimeSpan.FromSeconds(entry.Seconds ?? 0),
        Error = entry.Measures is null ? entry.Error ?? "unknown" : null,
        FromJournal = fromJournal,
    };
}
