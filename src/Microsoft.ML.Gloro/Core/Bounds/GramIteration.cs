
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A proven upper bound of the largest eigenvalue of a Hermitian positive semidefinite matrix, by repeated squaring (Gram iteration;
/// Delattre, Barthélemy, Araujo, Allauzen, ICML 2023): squaring separates the largest eigenvalue from the others so fast that a crude bound
/// of the last square is, after all the square roots, a sharp bound of the first matrix. The bound is valid after every step, so stopping
/// early is a matter of sharpness alone.
/// </summary>
/// <remarks>
/// Rounding. H₀ = G·2^k exactly, with ‖H₀‖_F in [½, 1); then H_{t+1} = fl(H_t·H_tᴴ)·2^{−e}, where the power of two brings the norm back to
/// [½, 1). By the error of the product (<see cref="ComplexMatrix.SetGram"/>) and Weyl's inequality, λ(H_t) ≤ sqrt(2^e·λ(H_{t+1}) +
/// 2·γ_{2m+8}·‖H_t‖_F²): the chain is unwound from the last step to the first with the norms that were measured, each operation rounded up.
/// No assumption on the spectrum is made, and nothing is lost to underflow: what underflows is below m²·2⁻¹⁰⁷⁴, while the norm is
/// at least ½, and the constant has room for it.
/// The crude bound is that of Wolkowicz and Styan (1980): with T = Σλ_i = trace, Q = Σλ_i² =
/// ‖H‖_F², Cauchy–Schwarz on the others gives (T − λ₁)² ≤ (m−1)(Q − λ₁²), hence λ₁ ≤ T/m + sqrt((m−1)/m·(Q − T²/m)). It is never worse than
/// ‖H‖_F and is exact for multiples of the identity and for matrices of rank one.
/// </remarks>
internal static class GramIteration
{
    // After t squarings the bound is within m^(2^-t/2) of the truth: 20 leave nothing for any m that fits into memory.
    private const int MaxSquarings = 20;

    // A Frobenius norm of less than 2⁻¹⁰⁰ is negligible for matrices whose entries are about 1; the bound 2⁻⁹⁹ then suffices,
    // underflow included.
    private static readonly double NegligibleSquares = Math.ScaleB(1, -200);
    private static readonly double NegligibleBound = Math.ScaleB(1, -99);

    /// <summary>An upper bound of λ_max(<paramref name="gram"/>).</summary>
    /// <param name="gram">
    /// A Hermitian matrix as <see cref="ComplexMatrix.SetGram"/> makes it, with a norm of the order of 1 (2⁻⁹⁹ is the least it returns).
    /// </param>
    /// <param name="first">Space of the same size; overwritten.</param>
    /// <param name="second">Space of the same size; overwritten.</param>
    /// <param name="tolerance">The iteration stops when the bound is proven and seen to be within this fraction of the truth.</param>
    /// <param name="cancellationToken">Stops between squarings.</param>
    public static double LargestEigenvalue(
        ComplexMatrix gram, ComplexMatrix first, ComplexMatrix second, double tolerance, CancellationToken cancellationToken)
    {
        double squares = SumOfSquares(gram);
        if (squares < NegligibleSquares)
            return NegligibleBound;
        int scale = ExponentOfNorm(squares);
        first.SetScaled(gram, -scale);

        var steps = new List<(double Squares, int Exponent)>();
        double upper = double.PositiveInfinity, lower = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            squares = SumOfSquares(first);
            upper = Math.Min(upper, Unwind(steps, CrudeBound(first, squares), gram.Rows));
            lower = Math.Max(lower, Math.ScaleB(RayleighQuotient(gram, first), -scale));
            if (upper <= lower * (1 + tolerance) || steps.Count == MaxSquarings)
                return Math.ScaleB(upper, scale);

            second.SetGram(first);
            int exponent = ExponentOfNorm(SumOfSquares(second));
            steps.Add((squares, exponent));
            first.SetScaled(second, -exponent);
        }
    }

    private static double Unwind(List<(double Squares, int Exponent)> steps, double bound, int size)
    {
        double error = Outward.Multiply(2, Outward.Gamma((2L * size) + 8));
        for (int t = steps.Count - 1; t >= 0; t--)
            bound = Outward.Sqrt(Outward.Add(Math.ScaleB(bound, steps[t].Exponent), Outward.Multiply(error, steps[t].Squares)));
        return bound;
    }

    private static double CrudeBound(ComplexMatrix h, double squares)
    {
        double trace = 0;
        for (int i = 0; i < h.Rows; i++)
            trace += h.Re[(i * h.Stride) + i];
        double error = Outward.Multiply(Outward.Gamma(h.Rows), trace);

        // From below for the part that is subtracted, from above for the part that is added. A diagonal of squares is not negative.
        double low = Math.Max(0, Math.BitDecrement(trace - error));
        double subtracted = Math.Max(0, Math.BitDecrement(Math.BitDecrement(low * low) / h.Rows));
        double variance = Math.BitIncrement(squares - subtracted);
        double spread = h.Rows == 1 ? 0 : Outward.Sqrt(Outward.Divide(Outward.Multiply(h.Rows - 1, variance), h.Rows));
        return Math.Min(Outward.Sqrt(squares), Outward.Add(Outward.Divide(Outward.Add(trace, error), h.Rows), spread));
    }

    /// <summary>‖h‖_F², rounded up: rows first and then their sum, so that an entry goes through at most 3m + 1 roundings.</summary>
    private static double SumOfSquares(ComplexMatrix h)
    {
        double total = 0;
        for (int i = 0; i < h.Rows; i++)
        {
            double row = 0;
            for (int at = i * h.Stride; at < (i * h.Stride) + h.Columns; at++)
                row += h.IsReal ? h.Re[at] * h.Re[at] : (h.Re[at] * h.Re[at]) + (h.Im[at] * h.Im[at]);
            total += row;
        }

        return total == 0 ? 0 : Outward.Multiply(total, Outward.Add(1, Outward.Gamma((3L * h.Rows) + 8)));
    }

    private static int ExponentOfNorm(double squares) => Math.ILogB(Math.Sqrt(squares)) + 1;

    /// <summary>
    /// A lower bound of λ_max(gram) up to rounding (it only tells when to stop): the Rayleigh quotient of the column of its power
    /// <paramref name="power"/> with the largest diagonal, which is where a long power iteration from a good start would be.
    /// </summary>
    private static double RayleighQuotient(ComplexMatrix gram, ComplexMatrix power)
    {
        int best = 0;
        for (int i = 1; i < power.Rows; i++)
        {
            if (power.Re[(i * power.Stride) + i] > power.Re[(best * power.Stride) + best])
                best = i;
        }

        // Row `best` is the conjugate of the column v, so products with it are the entries of G·v.
        double numerator = 0, denominator = 0;
        Span<double> sums = stackalloc double[8];
        for (int i = 0; i < gram.Rows; i++)
        {
            if (i % 4 == 0)
                RowProducts.Four(gram, i, power, best, gram.Stride, sums);
            int at = (best * power.Stride) + i;
            double re = power.Re[at];
            double im = power.IsReal ? 0 : power.Im[at];
            numerator += (re * sums[i % 4]) - (im * sums[4 + (i % 4)]);
            denominator += (re * re) + (im * im);
        }

        return numerator / denominator;
    }
}
