using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Runs trials rung by rung. Data and networks are left to the <see cref="ISweptTrainer"/>.</summary>
/// <remarks>
/// A resumed sweep replays all trials and takes known results from the journal. Halving sees the same metrics and promotes the same trials,
/// wherever the sweep was interrupted.
/// </remarks>
internal sealed class Sweeper(
    GloroSweepOptions options, IReadOnlyList<SearchDimension> dimensions, ISweptTrainer trainer, SweepJournal? journal, TimeProvider time,
    Action<string> log)
{
    // Longer than the maximum interval of a timer.
    private static readonly TimeSpan s_forever = TimeSpan.FromDays(40);

    private readonly long _start = time.GetTimestamp();
    private readonly List<GloroSweepTrial> _trials = [];
    private GloroSweepTrial? _best;
    private GloroTransformer? _bestModel;
    private int _total;

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Runs the sweep; returns the results so far if canceled.</summary>
    public GloroSweepResult Run()
    {
        using var budget = options.TimeBudget is { } limit && limit < s_forever
            ? new CancellationTokenSource(limit, time)
            : new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            options.CancellationToken, options.TrainerOptions.CancellationToken, budget.Token);
        try
        {
            bool isComplete = Climb(stop.Token);
            return Result(options, _trials, _bestModel, isComplete, Elapsed);
        }
        catch
        {
            _bestModel?.Dispose();
            throw;
        }
    }

    public static GloroSweepResult Result(
        GloroSweepOptions options, IReadOnlyList<GloroSweepTrial> trials, GloroTransformer? model, bool isComplete, TimeSpan elapsed) =>
        new()
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
    private bool Climb(CancellationToken stop)
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
                var report = new GloroSweepProgress
                {
                    Trial = trial,
                    Best = _best,
                    Done = _trials.Count,
                    Total = _total,
                    Elapsed = Elapsed,
                };
                log(report.ToString());
                options.Progress?.Report(report);
            }

            if (rung + 1 < epochs.Count)
                candidates = Promote(results, counts[rung + 1]);
        }

        return true;
    }

    // The best trials and the baseline, in the order of their numbers, so that later rungs do not depend on the ranking.
    private static List<SweepSettings> Promote(List<(SweepSettings Settings, GloroSweepTrial Trial)> results, int count)
    {
        var sound = results.Where(r => r.Trial.Error is null).OrderByDescending(r => r.Trial.Metric).ThenBy(r => r.Settings.Number)
            .Select(r => r.Settings).ToList();
        return [.. sound.Take(count).Concat(sound.Skip(count).Where(s => s.IsBaseline)).OrderBy(s => s.Number)];
    }

    // Returns null if stopped; a stopped trial does not count.
    private GloroSweepTrial? Try(SweepSettings settings, int rung, int epochs, CancellationToken stop)
    {
        if (journal?.Find(settings, epochs) is { } known)
            return Keep(ToTrial(settings, rung, known, fromJournal: true), null);
        if (stop.IsCancellationRequested)
            return null;
        var entry = new JournalEntry
        {
            Event = JournalEntry.Ended,
            Trial = settings.Number,
            Epochs = epochs,
            Settings = settings.Text,
            Seconds = 0,
        };
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
            // A failed trial does not stop the sweep.
            entry = entry with { Error = $"{e.GetType().Name}: {e.Message}" };
        }

        entry = entry with { Seconds = Math.Round(time.GetElapsedTime(start).TotalSeconds, 3) };
        journal?.Add(entry);
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

    private static bool IsBetter(GloroSweepTrial trial, GloroSweepTrial? best) =>
        trial.Error is null && (best is null || trial.Metric > best.Metric);

    private static GloroTrainerOptions For(SweepSettings settings, int epochs)
    {
        // Callers may train with a trial's options again, so they must not carry the sweep's token.
        var copy = settings.Options.Copy();
        (copy.Epochs, copy.CancellationToken) = (epochs, CancellationToken.None);
        return copy;
    }

    private static GloroSweepTrial ToTrial(SweepSettings settings, int rung, JournalEntry entry, bool fromJournal) =>
        new(For(settings, entry.Epochs))
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

/// <summary>The Pareto-optimal trials for VRA and clean accuracy.</summary>
internal static class ParetoFront
{
    /// <summary>
    /// Sorted by rising clean accuracy and falling VRA; ties go to fewer epochs, then to the first.
    /// </summary>
    public static IReadOnlyList<GloroSweepTrial> Of(IEnumerable<GloroSweepTrial> trials)
    {
        // In order of falling clean accuracy, a trial is on the front if its VRA exceeds all earlier ones.
        var front = new List<GloroSweepTrial>();
        foreach (var trial in trials.Where(t => t.Error is null).OrderByDescending(t => t.CleanAccuracy)
            .ThenByDescending(t => t.VerifiedRobustAccuracy).ThenBy(t => t.Epochs).ThenBy(t => t.Number))
        {
            if (front.Count == 0 || trial.VerifiedRobustAccuracy > front[^1].VerifiedRobustAccuracy)
                front.Add(trial);
        }

        front.Reverse();
        return front;
    }
}
