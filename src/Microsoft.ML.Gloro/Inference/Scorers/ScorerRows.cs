using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>What every <see cref="INetworkScorer"/> asks of the rows that it is given.</summary>
internal static class ScorerRows
{
    /// <summary>Cuts both buffers to the given number of rows.</summary>
    /// <exception cref="ArgumentException">A buffer is too short, or <paramref name="rows"/> is negative.</exception>
    public static (ReadOnlyMemory<float> Inputs, Memory<float> Logits) Take(
        INetworkScorer scorer, ReadOnlyMemory<float> inputs, int rows, Memory<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        int inputLength = checked(rows * scorer.InputSize);
        int outputLength = checked(rows * scorer.ClassCount);
        if (inputs.Length < inputLength)
            throw new ArgumentException($"{rows} rows need {inputLength} input values, not {inputs.Length}.", nameof(inputs));
        if (logits.Length < outputLength)
            throw new ArgumentException($"{rows} rows need room for {outputLength} logits, not {logits.Length}.", nameof(logits));
        return (inputs[..inputLength], logits[..outputLength]);
    }

    /// <summary>
    /// Writes NaN over the logits of rows that hold NaN or an infinity: on the way a comparison may have swallowed it, and then they would
    /// look like those of a real input.
    /// </summary>
    public static void Blank(INetworkScorer scorer, ReadOnlySpan<float> inputs, int rows, Span<float> logits)
    {
        for (int row = 0; row < rows; row++)
        {
            if (!FiniteValues.Only(inputs.Slice(row * scorer.InputSize, scorer.InputSize)))
                logits.Slice(row * scorer.ClassCount, scorer.ClassCount).Fill(float.NaN);
        }
    }
}
