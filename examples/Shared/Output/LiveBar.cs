using System.Diagnostics;
using Microsoft.ML.Gloro;
using Spectre.Console;

namespace Examples;

/// <summary>How far something is.</summary>
/// <param name="Done">Of <paramref name="Total"/>.</param>
/// <param name="Total">0 if there is nothing to do.</param>
/// <param name="Text">What is shown beside the bar.</param>
internal readonly record struct BarState(double Done, double Total, string Text);

/// <summary>Shows the progress of the library's calls as a live bar on a terminal. Elsewhere there may be lines.</summary>
/// <param name="begins">What is shown until the first report.</param>
/// <param name="describe">The bar for a report.</param>
/// <param name="line">The line for a report where there is no bar; null for none.</param>
internal sealed class LiveBar<TProgress>(string begins, Func<TProgress, BarState> describe, Func<TProgress, string?> line)
    : IProgress<TProgress>
{
    private ProgressTask? _bar;

    /// <summary>Runs something that reports to this.</summary>
    public T Run<T>(Func<T> run)
    {
        if (!Show.IsTerminal)
            return run();
        T result = default!;
        var text = new TaskDescriptionColumn { Alignment = Justify.Left };
        AnsiConsole.Progress().Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 20 }, text).Start(context =>
        {
            _bar = context.AddTask(begins);
            result = run();
            _bar.StopTask();
            _bar = null;
        });
        return result;
    }

    /// <inheritdoc/>
    public void Report(TProgress value)
    {
        // In order and at once: Progress<T> would hand reports to the thread pool.
        if (_bar is { } bar)
        {
            BarState state = describe(value);
            (bar.MaxValue, bar.Value, bar.Description) = (Math.Max(1, state.Total), state.Done, state.Text.EscapeMarkup());
        }
        else if (!Show.IsTerminal && line(value) is { } text)
        {
            Console.WriteLine($"  {text}");
        }
    }
}

/// <summary>The bars of the examples.</summary>
internal static class LiveBar
{
    /// <summary>A training: <see cref="GloroTrainerOptions.Progress"/>.</summary>
    /// <param name="lines">Whether there are lines where there is no bar; not if the context's log prints them already.</param>
    public static LiveBar<GloroTrainingProgress> Training(bool lines = true) =>
        new("training begins", Describe, progress => lines ? $"{progress}" : null);

    /// <summary>
    /// An audit: <see cref="GloroAuditOptions.Progress"/>. Without a terminal there is a line at the end of each stage, and every ten
    /// seconds.
    /// </summary>
    public static LiveBar<GloroAuditProgress> Audit()
    {
        var sinceLine = Stopwatch.StartNew();
        return new("audit begins", progress => new(progress.Done, progress.Total, $"{progress}"), progress =>
        {
            if (progress.Done < progress.Total && sinceLine.Elapsed < TimeSpan.FromSeconds(10))
                return null;
            sinceLine.Restart();
            return $"{progress}";
        });
    }

    /// <summary>Rows as they are read: scoring has no progress of its own, but reads its rows one after the other.</summary>
    /// <param name="what">What is done with the rows.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="use">Gets the same rows.</param>
    /// <param name="stop">Ends the reading, and so the scoring, with <see cref="OperationCanceledException"/>.</param>
    public static T Reading<TRow, T>(
        string what, IReadOnlyCollection<TRow> rows, Func<IEnumerable<TRow>, T> use, CancellationToken stop)
    {
        var bar = new LiveBar<int>(what, done => new(done, rows.Count, $"{what}: {done} of {rows.Count}"), _ => null);
        return bar.Run(() => use(rows.Select((row, i) =>
        {
            stop.ThrowIfCancellationRequested();
            bar.Report(i + 1);
            return row;
        })));
    }

    private static BarState Describe(GloroTrainingProgress progress)
    {
        string accuracies = double.IsNaN(progress.CleanAccuracy)
            ? "no validation rows"
            : $"VRA {progress.VerifiedRobustAccuracy:F3}, clean {progress.CleanAccuracy:F3}";
        return new(progress.Epoch, progress.Epochs,
            $"epoch {progress.Epoch}/{progress.Epochs}, {accuracies}, {(int)progress.Remaining.TotalMinutes}:{progress.Remaining:ss} left");
    }
}
