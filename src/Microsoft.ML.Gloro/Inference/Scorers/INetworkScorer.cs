namespace Microsoft.ML.Gloro.Inference;

/// <summary>Computes the logits of a network; the implementations differ in their arithmetic.</summary>
/// <remarks>Safe for concurrent use, also of Dispose, which refuses further calls and lets the running ones finish.</remarks>
internal interface INetworkScorer : IDisposable
{
    /// <summary>Values in one row of input.</summary>
    int InputSize { get; }

    /// <summary>Values in one row of logits.</summary>
    int ClassCount { get; }

    /// <summary>
    /// Computes the logits of <paramref name="rows"/> rows. A row holding NaN or an infinity gets NaN logits, so nothing is certified for it.
    /// The logits of a row are the same bits whichever rows it is scored with.
    /// </summary>
    /// <param name="inputs">The rows, one after the other: rows × <see cref="InputSize"/> values (more are ignored).</param>
    /// <param name="rows">The number of rows; 0 does nothing.</param>
    /// <param name="logits">Receives rows × <see cref="ClassCount"/> values.</param>
    /// <param name="alone">Whether the calling thread does all of it: for several that score at once, which would only wait for each other.</param>
    /// <exception cref="ArgumentException">A buffer is too short, or <paramref name="rows"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The scorer was disposed before the call.</exception>
    void Score(ReadOnlyMemory<float> inputs, int rows, Memory<float> logits, bool alone = false);
}
