using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes <see cref="GloroMetrics"/> as text.</summary>
internal static class MetricsTable
{
    private const int MaxClasses = 20;

    public static string Write(GloroMetrics metrics)
    {
        var text = new StringBuilder();
        Line(text, $"{metrics.Guarantee} at epsilon {Epsilon(metrics.Epsilon)}, {metrics.RowCount:N0} rows");
        if (metrics.MissingLabelRows > 0)
            Line(text, $"  {metrics.MissingLabelRows:N0} more rows have no label and are left out");
        if (metrics.UnknownLabelRows > 0)
            Line(text, $"  {metrics.UnknownLabelRows:N0} rows have a label that the model does not know and count as wrong");
        Line(text, $"  {Arithmetic(metrics.Arithmetic)}");
        Row(text, "clean accuracy", metrics.CleanAccuracy);
        Row(text, "top-k accuracy (largest allowed k)", metrics.TopKAccuracy);
        Row(text, "VRA under the guarantee", metrics.VerifiedRobustAccuracy);
        Row(text, "top-1 VRA", metrics.Top1VerifiedRobustAccuracy);
        Row(text, "local VRA", metrics.LocalVerifiedRobustAccuracy);
        Row(text, "rejection rate", metrics.RejectionRate);
        Line(text, $"  {"mean certified set size",-36}{metrics.MeanCertifiedSetSize,8:F2}");
        Line(text, $"  {"average certified radius",-36}{metrics.AverageCertifiedRadius,8:F4}");
        if (metrics.PerClass.Count <= MaxClasses)
            Classes(text, metrics.PerClass);
        return text.ToString().TrimEnd('\n');
    }

    private static void Classes(StringBuilder text, IReadOnlyList<GloroClassMetrics> classes)
    {
        int width = Math.Max(5, classes.Max(c => c.Name.Length));
        Line(text, $"  {"class".PadRight(width)}{"rows",9}{"clean",8}{"VRA",8}{"local",8}");
        foreach (GloroClassMetrics c in classes)
            Line(text, $"  {c.Name.PadRight(width)}{c.RowCount,9:N0}{c.CleanAccuracy,8:F3}{c.VerifiedRobustAccuracy,8:F3}{c.LocalVerifiedRobustAccuracy,8:F3}");
    }

    private static string Arithmetic(CertificateArithmetic? arithmetic) => arithmetic switch
    {
        CertificateArithmetic.Float64 => "certificates cover the rounding of the scores (float64)",
        CertificateArithmetic.Real => "certificates hold in real arithmetic; rounding of the scores is not covered",
        _ => "the arithmetic that certificates hold in is not known",
    };

    /// <summary>Image radii are known by their 255ths: 36/255 says more than 0.1412.</summary>
    public static string Epsilon(float epsilon)
    {
        string value = epsilon.ToString("0.####", CultureInfo.InvariantCulture);
        double levels = Math.Round(epsilon * 255.0);
        return levels is >= 1 and <= 2550 && (float)(levels / 255) == epsilon
            ? string.Create(CultureInfo.InvariantCulture, $"{value} ({levels}/255)")
            : value;
    }

    private static void Row(StringBuilder text, string name, double value) => Line(text, $"  {name,-36}{value,8:F4}");

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
