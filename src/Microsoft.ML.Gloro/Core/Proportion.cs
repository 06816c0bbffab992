namespace Microsoft.ML.Gloro.Core;

/// <summary>Statistics of a share of rows, such as a VRA.</summary>
internal static class Proportion
{
    /// <summary>The standard error of a share of n independent rows: √(p·(1 − p) / n), as the binomial distribution has it.</summary>
    public static double StandardError(double share, long rows) => Math.Sqrt(share * (1 - share) / rows);

    /// <summary>The same if what the share measures was chosen on m other rows, and so errs too: √(p·(1 − p)·(1/n + 1/m)).</summary>
    public static double StandardError(double share, long rows, long otherRows) =>
        Math.Sqrt(share * (1 - share) * ((1.0 / rows) + (1.0 / otherRows)));
}
