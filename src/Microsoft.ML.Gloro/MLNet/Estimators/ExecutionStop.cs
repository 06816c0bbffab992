using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Cancels a token when the caller's token is canceled, or when <c>MLContext.CancelExecution</c> was called: AutoML stops a trial that way.
/// ML.NET offers no event for it, so a timer asks.
/// </summary>
internal sealed class ExecutionStop : IDisposable
{
    private const int Period = 100; // milliseconds

    private readonly CancellationTokenSource _source;
    private readonly IHost _host; // ML.NET keeps weak references to hosts: it must be held to hear of the cancellation
    private readonly Timer _timer;

    /// <param name="host">A host of the context.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public ExecutionStop(IHost host, CancellationToken cancellationToken)
    {
        _host = host;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancelIfStopped();
        _timer = new Timer(_ => CancelIfStopped(), null, Period, Period);
    }

    /// <summary>Canceled when the work should stop.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        using var idle = new ManualResetEvent(false);
        if (_timer.Dispose(idle))
            idle.WaitOne(); // a callback may still be running, and it uses the source
        _source.Dispose();
    }

    private void CancelIfStopped()
    {
        if (_host is ICancelable { IsCanceled: true })
            _source.Cancel();
    }
}
