using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Formats numbers of a report in the invariant culture. Radii are never rounded up.</summary>
internal static class ReportNumbers
{
    private const char NarrowSpace = '\u202F';

    /// <summary>A share in percent with one decimal.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1}{NarrowSpace}%");

    /// <summary>A percentage without the sign, for columns whose header has it.</summary>
    public static string PercentOnly(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1}");

    /// <summary>A number of rows, in groups of three.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A radius, truncated after the third decimal (small ones after the third digit), so the shown value is proved too.</summary>
    public static string Radius(double radius)
    {
        if (!(radius > 0))
            return "0";
        int decimals = radius >= 0.01 ? 3 : Math.Min(15, 2 - (int)Math.Floor(Math.Log10(radius)));
        double scale = Math.Pow(10, decimals), cut = Math.Floor(radius * scale) / scale;
        return cut.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>ε as "36/255" if it is a whole number of 255ths, otherwise as a decimal number.</summary>
    public static string Epsilon(float epsilon) => Levels(epsilon) is { } levels ? $"{levels}/255"
        : epsilon.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>ε both ways: "36/255 ≈ 0.141".</summary>
    public static string EpsilonInFull(float epsilon) =>
        Levels(epsilon) is { } levels ? string.Create(CultureInfo.InvariantCulture, $"{levels}/255 ≈ {epsilon:0.###}") : Epsilon(epsilon);

    // Uses the rule of the metrics table for numbers of 255ths.
    private static string? Levels(float epsilon)
    {
        string text = MetricsTable.Epsilon(epsilon);
        int open = text.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? null : text[(open + 1)..text.IndexOf('/', StringComparison.Ordinal)];
    }
}
