using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Tells rows of numbers from rows with NaN or an infinity among them.</summary>
internal static class FiniteValues
{
    /// <summary>Whether all of <paramref name="values"/> are finite.</summary>
    public static bool Only(ReadOnlySpan<float> values)
    {
        // x − x is 0 for finite x and NaN otherwise; NaN stays in a sum.
        var sum = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (Vector<float> vector in vectors)
            sum += vector - vector;
        float rest = Vector.Sum(sum);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
            rest += value - value;
        return rest == 0;
    }
}
