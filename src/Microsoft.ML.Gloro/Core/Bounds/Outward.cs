namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Arithmetic on non-negative upper bounds that only ever errs upward. IEEE operations are correctly rounded, so the next double above a
/// computed result is at least the true result, in the range of denormals too. Exact zeros stay zero: a layer of zeros has the bound 0.
/// </summary>
internal static class Outward
{
    /// <summary>u, the unit roundoff of double: 2⁻⁵³.</summary>
    public const double UnitRoundoff = 1.0 / (1L << 53);

    /// <summary>
    /// An upper bound of γ_n = (1+u)^n − 1, which is at most n·u / (1 − n·u) (Higham, Accuracy and Stability, lemma 3.1).
    /// </summary>
    public static double Gamma(long n) => n * UnitRoundoff < 0.001
        ? Math.BitIncrement(n * UnitRoundoff * 1.002)
        : throw new ArgumentOutOfRangeException(nameof(n), n, "Too many operations for a useful bound of their rounding.");

    public static double Add(double x, double y) => x == 0 ? y : y == 0 ? x : Math.BitIncrement(x + y);

    public static double Multiply(double x, double y) => x == 0 || y == 0 ? 0 : x == 1 ? y : y == 1 ? x : Math.BitIncrement(x * y);

    public static double Divide(double x, double y) => x == 0 ? 0 : y == 1 ? x : Math.BitIncrement(x / y);

    public static double Sqrt(double x) => x == 0 ? 0 : Math.BitIncrement(Math.Sqrt(x));
}

/// <summary>What the rounding of a format's operations depends on.</summary>
/// <param name="UnitRoundoff">u: a rounded result has at most this relative error.</param>
/// <param name="SmallestNormal">
/// What an operation may lose below the normal numbers, whether or not the processor flushes these to zero.
/// </param>
internal sealed record FloatFormat(double UnitRoundoff, double SmallestNormal)
{
    public static FloatFormat Double { get; } = new(Outward.UnitRoundoff, 2.2250738585072014E-308);

    public static FloatFormat Single { get; } = new(1.0 / (1 << 24), 1.1754943508222875E-38);

    /// <summary>An upper bound of γ_n = (1+u)^n − 1, at most n·u / (1 − n·u). For floats, n·u and 1 − n·u are exact in double.</summary>
    public double Gamma(int n) => this == Double ? Outward.Gamma(n) : n < 1 << 24
        ? Math.BitIncrement(n * UnitRoundoff / (1 - (n * UnitRoundoff)))
        : throw new ArgumentOutOfRangeException(nameof(n), n, "Too many operations for a bound of their rounding.");
}
