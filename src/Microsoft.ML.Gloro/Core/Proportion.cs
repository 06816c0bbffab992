namespace Microsoft.ML.Gloro.Core;

/// <summary>Statistics of a share of rows, such as a VRA.</summary>
internal static class Proportion
{
    /// <summary>The standard error of a share of n independent rows: √(p·(1 − p) / n), as the binomial distribution has it.</summary>
    public static double StandardError(double share, long rows) => Math.Sqrt(share * (1 - share) / rows);
}
