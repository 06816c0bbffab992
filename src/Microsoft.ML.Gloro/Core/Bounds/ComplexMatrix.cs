
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A complex matrix in two planes of doubles, row by row. Rows are padded with zeros to whole vectors and their number to a multiple of
/// four, so that the inner loops of <see cref="RowProducts"/> have no remainders; code that writes must keep the padding zero.
/// </summary>
internal sealed class ComplexMatrix
{
    private const int Lanes = 4;

    public ComplexMatrix(int rows, int columns, bool real)
    {
        (Rows, Columns, IsReal) = (rows, columns, real);
        Stride = Pad(columns);
        Re = new double[checked(Pad(rows) * Stride)];
        Im = real ? [] : new double[Re.Length];
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Stride { get; }

    public double[] Re { get; }

    /// <summary>The imaginary plane; empty if the matrix was made for real values only.</summary>
    public double[] Im { get; }

    /// <summary>Whether the imaginary part is zero and need not be looked at.</summary>
    public bool IsReal { get; set; }

    /// <summary>The smallest multiple of the vector length that holds <paramref name="count"/>.</summary>
    public static int Pad(int count) => checked(count + Lanes - 1) / Lanes * Lanes;

    public void Clear()
    {
        Array.Clear(Re);
        Array.Clear(Im);
    }

    /// <summary>
    /// Sets this Hermitian matrix to <paramref name="source"/> times 2^<paramref name="exponent"/>, which is exact unless it underflows.
    /// </summary>
    public void SetScaled(ComplexMatrix source, int exponent)
    {
        double factor = Math.ScaleB(1, exponent);
        IsReal = source.IsReal;
        for (int i = 0; i < Re.Length; i++)
            Re[i] = source.Re[i] * factor;
        for (int i = 0; !IsReal && i < Im.Length; i++)
            Im[i] = source.Im[i] * factor;
    }

    /// <summary>
    /// Sets this matrix to A·Aᴴ. Only one triangle is computed and then mirrored, so the result is exactly Hermitian. Each entry is a sum
    /// of at most 2n products (n columns) in some order, fused or not: its error is at most √2·γ_2n·(|A||A|ᵀ)_ij, and that of the whole
    /// matrix in Frobenius norm at most √2·γ_2n·‖A‖_F².
    /// </summary>
    public void SetGram(ComplexMatrix a)
    {
        IsReal = a.IsReal;
        int blocks = Pad(a.Rows) / Lanes;
        if ((long)a.Rows * a.Rows * a.Columns < 1 << 24)
        {
            for (int block = 0; block < blocks; block++)
                SetGramBlock(a, block * Lanes);
        }
        else
        {
            // Rows further down have more entries: start with them. Every entry has one writer, so the result does not depend on the
            // scheduling.
            Parallel.For(0, blocks, block => SetGramBlock(a, (blocks - 1 - block) * Lanes));
        }
    }

    private void SetGramBlock(ComplexMatrix a, int first)
    {
        Span<double> sums = stackalloc double[2 * Lanes];
        int end = Math.Min(first + Lanes, a.Rows);
        for (int j = 0; j < end; j++)
        {
            RowProducts.Four(a, first, a, j, a.Stride, sums);
            for (int i = Math.Max(first, j); i < end; i++)
                SetPair(i, j, sums[i - first], i == j ? 0 : sums[Lanes + i - first]);
        }
    }

    private void SetPair(int i, int j, double re, double im)
    {
        Re[(i * Stride) + j] = re;
        Re[(j * Stride) + i] = re;
        if (IsReal)
            return;
        Im[(i * Stride) + j] = im;
        Im[(j * Stride) + i] = -im;
    }
}
