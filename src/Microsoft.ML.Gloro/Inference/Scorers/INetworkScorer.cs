namespace Microsoft.ML.Gloro.Inference;

/// <summary>Which threads do the work of one call.</summary>
internal enum ScoringThreads
{
    /// <summary>All threads of the scorer share it.</summary>
    All,

    /// <summary>The calling thread does it by itself: for several callers at once, which would otherwise wait for each other.</summary>
    Caller,
}

/// <summary>Computes the logits of a network; the implementations differ in their arithmetic.</summary>
/// <remarks>Safe for concurrent use, also of Dispose, which refuses further calls and lets the running ones finish.</remarks>
internal interface INetworkScorer : IDisposable
{
    /// <summary>Values in one row of input.</summary>
    int InputSize { get; }

    /// <summary>Values in one row of logits.</summary>
    int ClassCount { get; }

    /// <summary>
    /// Computes the logits of <paramref name="rows"/> rows. A row holding NaN or an infinity gets NaN logits, so nothing is certified for
    /// it. The logits of a row are the same bits whichever rows it is scored with.
    /// </summary>
    /// <param name="inputs">The rows, one after the other: rows × <see cref="InputSize"/> values (more are ignored).</param>
    /// <param name="rows">The number of rows; 0 does nothing.</param>
    /// <param name="logits">Receives rows × <see cref="ClassCount"/> values.</param>
    /// <param name="threads">Which threads do it. This changes no bit of the logits.</param>
    /// <exception cref="ArgumentException">A buffer is too short, or <paramref name="rows"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The scorer was disposed before the call.</exception>
    void Score(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, ScoringThreads threads = ScoringThreads.All);
}
