using System.Diagnostics;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Time: the budget and its shares, progress, cancellation. Every part asks it after each batch whether to go on.</summary>
internal sealed class AuditClock(GloroAuditOptions options, IChannel channel)
{
    private static readonly TimeSpan s_betweenLines = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Dictionary<GloroAuditStage, TimeSpan> _times = [];
    private GloroAuditStage _stage;
    private int _total;
    private TimeSpan _began, _lastLine;

    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>Whether nothing was left undone for want of time.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>How long each part took so far.</summary>
    public IReadOnlyDictionary<GloroAuditStage, TimeSpan> Times => _times;

    public CancellationToken CancellationToken => options.CancellationToken;

    /// <summary>A part begins, of <paramref name="total"/> things to do.</summary>
    public void Begin(GloroAuditStage stage, int total)
    {
        (_stage, _total, _began, _lastLine) = (stage, total, Elapsed, Elapsed);
        Report(0);
    }

    /// <summary>Some things are done, one at least.</summary>
    /// <returns>Whether to go on. If not, the part is over, and so is its time.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool GoOn(int done)
    {
        Report(done);
        return done < _total && HasTime();
    }

    /// <summary>Whether a part may go on where it is, between two of its reports.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool HasTime()
    {
        CancellationToken.ThrowIfCancellationRequested();
        if (TimeLeft() > TimeSpan.Zero)
            return true;
        IsComplete = false;
        return false;
    }

    /// <summary>What the part may still take.</summary>
    public TimeSpan TimeLeft() => options.TimeBudget is { } budget ? (budget * Share(_stage)) - Elapsed : TimeSpan.MaxValue;

    /// <summary>Something could not be done in time.</summary>
    public void Skip() => IsComplete = false;

    // Of the whole budget, when a part must be over. What one part leaves is the next one's.
    private static double Share(GloroAuditStage stage) => stage switch
    {
        GloroAuditStage.Bounds => 0.15,
        GloroAuditStage.Rows => 0.25,
        GloroAuditStage.Certificates => 0.65,
        GloroAuditStage.Boundary => 0.85,
        GloroAuditStage.RobustAccuracy => 0.95,
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
