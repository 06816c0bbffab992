using System.Diagnostics;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Keeps the time budget of an audit, reports progress and observes cancellation. Each stage asks it after every batch whether to go on.
/// </summary>
internal sealed class AuditClock(GloroAuditOptions options, IChannel channel)
{
    private static readonly TimeSpan s_betweenLines = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Dictionary<GloroAuditStage, TimeSpan> _times = [];
    private GloroAuditStage _stage;
    private int _total;
    private TimeSpan _began, _lastLine;

    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>False if the time budget cut something short.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>How long each stage has taken so far.</summary>
    public IReadOnlyDictionary<GloroAuditStage, TimeSpan> Times => _times;

    public CancellationToken CancellationToken => options.CancellationToken;

    /// <summary>Begins a stage with <paramref name="total"/> items.</summary>
    public void Begin(GloroAuditStage stage, int total)
    {
        (_stage, _total, _began, _lastLine) = (stage, total, Elapsed, Elapsed);
        Report(0);
    }

    /// <summary>Reports how many items are done.</summary>
    /// <returns>Whether to go on; false if the stage is done or its time is up.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool GoOn(int done)
    {
        Report(done);
        return done < _total && HasTime();
    }

    /// <summary>Whether the current stage has time left, asked between two progress reports.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool HasTime()
    {
        CancellationToken.ThrowIfCancellationRequested();
        if (TimeLeft() > TimeSpan.Zero)
            return true;
        IsComplete = false;
        return false;
    }

    /// <summary>The time left for the current stage.</summary>
    public TimeSpan TimeLeft() => options.TimeBudget is { } budget ? (budget * Share(_stage)) - Elapsed : TimeSpan.MaxValue;

    /// <summary>Logs a warning.</summary>
    public void Warn(string text) => channel.Warning(MessageSensitivity.Schema, text);

    /// <summary>Records that something could not be done in time.</summary>
    public void Skip() => IsComplete = false;

    // The fraction of the whole budget by which a stage must end. Time that one stage leaves goes to the next.
    private static double Share(GloroAuditStage stage) => stage switch
    {
        GloroAuditStage.Bounds => 0.15,
        GloroAuditStage.Rows => 0.25,
        GloroAuditStage.Certificates => 0.65,
        GloroAuditStage.Boundary => 0.85,
        GloroAuditStage.RobustAccuracy => 0.9,
        GloroAuditStage.Coverage => 0.95,
        _ => 1,
    };

    private void Report(int done)
    {
        CancellationToken.ThrowIfCancellationRequested();
        _times[_stage] = Elapsed - _began;
        var progress = new GloroAuditProgress { Stage = _stage, Done = done, Total = _total, Elapsed = Elapsed };
        if (done == _total || Elapsed - _lastLine > s_betweenLines)
        {
            _lastLine = Elapsed;
            channel.Info(MessageSensitivity.None, "{0}", progress);
        }

        options.Progress?.Report(progress);
    }
}
