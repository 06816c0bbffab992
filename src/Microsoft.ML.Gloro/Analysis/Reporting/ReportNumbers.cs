using System.Globalization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Formats numbers of a report in the invariant culture. Radii are never rounded up.</summary>
internal static class ReportNumbers
{
    private const char NarrowSpace = '\u202F';

    /// <summary>A share in percent with one decimal.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1}{NarrowSpace}%");

    /// <summary>A percentage without the sign, for columns whose header has it.</summary>
    public static string PercentOnly(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1}");

    /// <summary>A percentage without the sign, with its standard error.</summary>
    public static RawHtml PercentWithError(double share, long rows) => HtmlText.Of(
        $"{PercentOnly(share)}<small> ± {PercentOnly(Proportion.StandardError(share, rows))}</small>");

    /// <summary>A difference of shares in points of percent, with its sign.</summary>
    public static string Points(double difference) => Signed(100 * difference, "0.0");

    /// <summary>A number with its sign, or without one if it is shown as 0.</summary>
    public static string Signed(double value, string format)
    {
        string size = Math.Abs(value).ToString(format, CultureInfo.InvariantCulture);
        return !size.Any(c => c is >= '1' and <= '9') ? size : $"{(value < 0 ? '−' : '+')}{size}";
    }

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

    /// <summary>A radius as a multiple of ε, truncated after the first decimal.</summary>
    public static string Multiple(float radius, float epsilon) =>
        (Math.Floor(10.0 * radius / epsilon) / 10).ToString("0.0", CultureInfo.InvariantCulture);

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
