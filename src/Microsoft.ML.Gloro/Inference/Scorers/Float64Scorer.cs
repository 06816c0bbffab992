using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Computes logits of a <see cref="DeployedNetwork"/> in double, in managed code, as <see cref="ForwardPass"/> lays down: the same bits on
/// every machine, in any batch, with any number of threads.
/// </summary>
internal sealed class Float64Scorer : INetworkScorer
{
    private readonly int _threads;
    private ForwardPass? _pass;

    /// <param name="network">The network to run.</param>
    /// <param name="threads">
    /// Threads that share the work, the calling one included. 0, the default, takes every processor that this process may use; 1 runs on
    /// the calling thread alone. They come from the thread pool when it has some to spare, so a busy process loses speed and nothing else.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of threads.</exception>
    public Float64Scorer(DeployedNetwork network, int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _threads = threads == 0 ? Environment.ProcessorCount : threads;
        _pass = new ForwardPass(network);
        (InputSize, ClassCount) = (_pass.InputSize, _pass.ClassCount);
    }

    /// <inheritdoc/>
    public int InputSize { get; }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public void Score(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, ScoringThreads threads = ScoringThreads.All)
    {
        (inputs, logits) = ScorerRows.Take(this, inputs, rows, logits);
        ForwardPass? pass = Volatile.Read(ref _pass);
        ObjectDisposedException.ThrowIf(pass is null, this);
        if (rows == 0)
            return;
        pass.Run(inputs, rows, logits, threads == ScoringThreads.Caller ? 1 : _threads);
        ScorerRows.Blank(this, inputs.Span, rows, logits.Span);
    }

    /// <summary>
    /// Refuses further calls. Weights and buffers are memory of the runtime, which takes them back when the last running
    /// <see cref="Score"/> is done. May be called often.
    /// </summary>
    public void Dispose() => Volatile.Write(ref _pass, null);
}
