using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Sums over spans of doubles, with the processor's vectors. The order of additions depends on their width alone.</summary>
/// <remarks>
/// Some of it runs once, when a model is loaded, and would be over before the runtime had compiled it well: its loops are compiled well
/// from the start.
/// </remarks>
internal static class DoubleVectors
{
    /// <summary>Σ x_i·y_i; off by at most γ_n·Σ|x_i·y_i|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector<double> sums = default;
        int k = 0;
        for (; k <= x.Length - Vector<double>.Count; k += Vector<double>.Count)
            sums += new Vector<double>(x[k..]) * new Vector<double>(y[k..]);
        double sum = Vector.Sum(sums);
        for (; k < x.Length; k++)
            sum += x[k] * y[k];
        return sum;
    }

    /// <summary>sum ← sum + factor·x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<double> sum, ReadOnlySpan<double> x, double factor)
    {
        var factors = new Vector<double>(factor);
        int k = 0;
        for (; k <= x.Length - Vector<double>.Count; k += Vector<double>.Count)
            (new Vector<double>(sum[k..]) + (new Vector<double>(x[k..]) * factors)).CopyTo(sum[k..]);
        for (; k < x.Length; k++)
            sum[k] += x[k] * factor;
    }

    /// <summary>x ← factor·x.</summary>
    public static void Scale(Span<double> x, double factor)
    {
        for (int k = 0; k < x.Length; k++)
            x[k] *= factor;
    }
}
