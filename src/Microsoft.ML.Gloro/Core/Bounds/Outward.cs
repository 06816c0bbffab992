namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Arithmetic on non-negative upper bounds that only ever errs upward. IEEE operations are correctly rounded, so the next double above a computed result
/// is at least the true result, in the range of denormals too. Exact zeros stay zero: a layer of zeros has the bound 0.
/// </summary>
internal static class Outward
{
    /// <summary>u, the unit roundoff of double: 2⁻⁵³.</summary>
    public const double UnitRoundoff = 1.0 / (1L << 53);

    /// <summary>An upper bound of γ_n = (1+u)^n − 1, which is at most n·u / (1 − n·u) (Higham, Accuracy and Stability, lemma 3.1).</summary>
    public static double Gamma(long n) => n * UnitRoundoff < 0.001
        ? Math.BitIncrement(n * UnitRoundoff * 1.002)
        : throw new ArgumentOutOfRangeException(nameof(n), n, "Too many operations for a useful bound of their rounding.");

    public static double Add(double x, double y) => x == 0 ? y : y == 0 ? x : Math.BitIncrement(x + y);

    public static double Multiply(double x, double y) => x == 0 || y == 0 ? 0 : x == 1 ? y : y == 1 ? x : Math.BitIncrement(x * y);

    public static double Divide(double x, double y) => x == 0 ? 0 : y == 1 ? x : Math.BitIncrement(x / y);

    public static double Sqrt(double x) => x == 0 ? 0 : Math.BitIncrement(Math.Sqrt(x));
}
