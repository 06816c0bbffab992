using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The one inner loop of the bounds: products of rows, Σ_k x_k·conj(y_k), for four rows x at a time (eight independent sums keep the
/// multipliers busy). Lengths are multiples of four; the padding of <see cref="ComplexMatrix"/> sees to that.
/// </summary>
internal static class RowProducts
{
    /// <summary>
    /// Rows <paramref name="first"/>..+3 of <paramref name="x"/> with row <paramref name="row"/> of <paramref name="y"/>: four real parts,
    /// then four imaginary parts.
    /// </summary>
    public static void Four(ComplexMatrix x, int first, ComplexMatrix y, int row, int length, Span<double> sums)
    {
        // The loads below are unchecked: this is their bounds check. Slicing throws where a row does not exist.
        ReadOnlySpan<double> xr = x.Re.AsSpan(first * x.Stride, (3 * x.Stride) + length);
        ReadOnlySpan<double> yr = y.Re.AsSpan(row * y.Stride, length);
        if (x.IsReal && y.IsReal)
        {
            Real(ref MemoryMarshal.GetReference(xr), (nuint)x.Stride, ref MemoryMarshal.GetReference(yr), (nuint)length, sums);
            return;
        }

        ReadOnlySpan<double> xi = x.Im.AsSpan(first * x.Stride, (3 * x.Stride) + length);
        ReadOnlySpan<double> yi = y.Im.AsSpan(row * y.Stride, length);
        Complex(
            ref MemoryMarshal.GetReference(xr),
            ref MemoryMarshal.GetReference(xi),
            (nuint)x.Stride,
            ref MemoryMarshal.GetReference(yr),
            ref MemoryMarshal.GetReference(yi),
            (nuint)length,
            sums);
    }

    private static void Real(ref double x, nuint stride, ref double y, nuint length, Span<double> sums)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        for (nuint k = 0; k < length; k += 4)
        {
            Vector256<double> b = Vector256.LoadUnsafe(ref y, k);
            s0 = MultiplyAdd(Vector256.LoadUnsafe(ref x, k), b, s0);
            s1 = MultiplyAdd(Vector256.LoadUnsafe(ref x, stride + k), b, s1);
            s2 = MultiplyAdd(Vector256.LoadUnsafe(ref x, (2 * stride) + k), b, s2);
            s3 = MultiplyAdd(Vector256.LoadUnsafe(ref x, (3 * stride) + k), b, s3);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (Vector256.Sum(s0), Vector256.Sum(s1), Vector256.Sum(s2), Vector256.Sum(s3));
        sums[4..8].Clear();
    }

    private static void Complex(ref double xr, ref double xi, nuint stride, ref double yr, ref double yi, nuint length, Span<double> sums)
    {
        Vector256<double> r0 = default, r1 = default, r2 = default, r3 = default;
        Vector256<double> i0 = default, i1 = default, i2 = default, i3 = default;
        for (nuint k = 0; k < length; k += 4)
        {
            Vector256<double> br = Vector256.LoadUnsafe(ref yr, k);
            Vector256<double> bi = Vector256.LoadUnsafe(ref yi, k);
            Accumulate(ref xr, ref xi, k, br, bi, ref r0, ref i0);
            Accumulate(ref xr, ref xi, stride + k, br, bi, ref r1, ref i1);
            Accumulate(ref xr, ref xi, (2 * stride) + k, br, bi, ref r2, ref i2);
            Accumulate(ref xr, ref xi, (3 * stride) + k, br, bi, ref r3, ref i3);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (Vector256.Sum(r0), Vector256.Sum(r1), Vector256.Sum(r2), Vector256.Sum(r3));
        (sums[4], sums[5], sums[6], sums[7]) = (Vector256.Sum(i0), Vector256.Sum(i1), Vector256.Sum(i2), Vector256.Sum(i3));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(
        ref double xr,
        ref double xi,
        nuint at,
        Vector256<double> br,
        Vector256<double> bi,
        ref Vector256<double> re,
        ref Vector256<double> im)
    {
        Vector256<double> ar = Vector256.LoadUnsafe(ref xr, at);
        Vector256<double> ai = Vector256.LoadUnsafe(ref xi, at);
        re = MultiplyAdd(ai, bi, MultiplyAdd(ar, br, re));
        im = Fma.IsSupported ? Fma.MultiplyAddNegated(ar, bi, MultiplyAdd(ai, br, im)) : (ai * br) + im - (ar * bi);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> MultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.IsSupported ? Fma.MultiplyAdd(a, b, c) : (a * b) + c;
}
