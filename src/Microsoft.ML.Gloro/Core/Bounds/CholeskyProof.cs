
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Proves that no eigenvalue of a Hermitian matrix G exceeds τ by factorizing M = τI − G in floating point: a Cholesky factorization that
/// runs to its end is a proof that M is positive semidefinite up to its rounding (Rump, Verification of positive definiteness, 2006). It
/// costs a third of a single squaring of Gram iteration, so it is how all the frequencies that are not the largest are dismissed.
/// </summary>
/// <remarks>
/// Why. Let L be the computed factor of the m×m matrix M. Every entry comes from L_ij·L_jj = (M_ij − s)(1+θ), |θ| ≤ γ_4, where s is the
/// computed Σ_{k&lt;j} L_ik·conj(L_jk), off by at most √2·γ_2m·Σ|L_ik||L_jk|. Hence LLᴴ = M + Δ with |Δ_ij| ≤ 2·γ_{2m+8}·(|L||L|ᵀ)_ij, so
/// ‖Δ‖₂ ≤ 2·γ_{2m+8}·‖L‖_F². And ‖L‖_F² is the trace of LLᴴ, at most (1 − 2γ)⁻¹·trace(M) ≤ (1 − 2γ)⁻¹(1+u)·m·τ since G's diagonal is not
/// negative. LLᴴ ⪰ 0, so M ⪰ −‖Δ‖₂, and with the rounding uτ of M's diagonal: λ_max(G) ≤ τ·(1 + 3·m·γ_{2m+8}). Underflow adds less than
/// m³·2⁻¹⁰⁷⁴, which the spare third covers because τ ≥ 2⁻¹⁰⁰ is required. Overflow makes a later pivot NaN or −∞, and that fails.
/// </remarks>
internal static class CholeskyProof
{
    private static readonly double SmallestTau = Math.ScaleB(1, -100);

    /// <summary>What a success proves: λ_max(G) ≤ this.</summary>
    public static double Proven(double tau, int size) =>
        Outward.Multiply(tau, Outward.Add(1, Outward.Multiply(3.0 * size, Outward.Gamma((2L * size) + 8))));

    /// <summary>Whether the factorization of τI − G succeeds. No answer but true proves anything.</summary>
    /// <param name="gram">G, exactly Hermitian with a diagonal that is not negative.</param>
    /// <param name="tau">τ.</param>
    /// <param name="factor">Space for L, of G's size; overwritten.</param>
    public static bool Succeeds(ComplexMatrix gram, double tau, ComplexMatrix factor)
    {
        if (!(tau >= SmallestTau))
            return false;
        factor.Clear();
        factor.IsReal = gram.IsReal;
        Span<double> sums = stackalloc double[8];
        for (int first = 0; first < gram.Rows; first += 4)
        {
            int end = Math.Min(first + 4, gram.Rows);

            // Entries of row i at k ≥ j are still zero when column j is computed, so the products may run over whole vectors.
            for (int j = 0; j < end; j++)
            {
                RowProducts.Four(factor, first, factor, j, ComplexMatrix.Pad(j), sums);
                if (j >= first && !SetPivot(gram, tau, factor, j, sums[j - first]))
                    return false;
                double inverse = 1 / factor.Re[(j * factor.Stride) + j];
                for (int i = Math.Max(first, j + 1); i < end; i++)
                    SetEntry(gram, factor, i, j, sums[i - first], sums[4 + i - first], inverse);
            }
        }

        return true;
    }

    private static bool SetPivot(ComplexMatrix gram, double tau, ComplexMatrix factor, int j, double sum)
    {
        double pivot = tau - gram.Re[(j * gram.Stride) + j] - sum;
        factor.Re[(j * factor.Stride) + j] = Math.Sqrt(pivot);
        return pivot > 0;
    }

    private static void SetEntry(ComplexMatrix gram, ComplexMatrix factor, int i, int j, double re, double im, double inverse)
    {
        int at = (i * factor.Stride) + j;
        factor.Re[at] = (-gram.Re[at] - re) * inverse;
        if (!gram.IsReal)
            factor.Im[at] = (-gram.Im[at] - im) * inverse;
    }
}
