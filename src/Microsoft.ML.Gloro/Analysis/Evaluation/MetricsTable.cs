using System.Globalization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes <see cref="GloroMetrics"/> as text.</summary>
internal static class MetricsTable
{
    private const int MaxClasses = 20;

    public static string Write(GloroMetrics metrics)
    {
        var table = new TextTable();
        string epsilon = Epsilon(metrics.Epsilon, metrics.Tolerances is not null);
        table.Line($"{metrics.Guarantee} at epsilon {epsilon}, {metrics.RowCount:N0} rows (± standard error)");
        if (metrics.MissingLabelRows > 0)
            table.Line($"  {metrics.MissingLabelRows:N0} more rows have no label and are left out");
        if (metrics.UnknownLabelRows > 0)
            table.Line($"  {metrics.UnknownLabelRows:N0} rows have a label that the model does not know and count as wrong");
        table.Line($"  {Arithmetic(metrics.Arithmetic)}");
        Share("clean accuracy", metrics.CleanAccuracy);
        Share("top-k accuracy (largest allowed k)", metrics.TopKAccuracy);
        Share("VRA under the guarantee", metrics.VerifiedRobustAccuracy);
        Share("top-1 VRA", metrics.Top1VerifiedRobustAccuracy);
        Share("local VRA", metrics.LocalVerifiedRobustAccuracy);
        Share("rejection rate", metrics.RejectionRate);
        if (metrics.PerGroup.Count > 0)
            Share("a named group is certified", metrics.GroupFraction);
        table.Row("mean size of the certified set", Size(metrics.MeanCertifiedSetSize));
        table.Row("mean size of the loosest set", Size(metrics.MeanLoosestSetSize));
        table.Row("average certified radius", Math.Floor(metrics.AverageCertifiedRadius * 1e4) / 1e4); // radii are never rounded up
        if (metrics.VerifiedRobustAccuracy > metrics.CleanAccuracy)
            table.Line($"  VRA exceeds clean accuracy: sets may hold labels that are not the top-1 class");
        if (metrics.PerGroup.Count is > 0 and <= MaxClasses)
            Groups(table, metrics.PerGroup);
        if (metrics.PerClass.Count <= MaxClasses)
            Classes(table, metrics.PerClass);
        return table.ToString();

        void Share(string name, double share) => table.Row(name, $"{share,8:F4} ± {Proportion.StandardError(share, metrics.RowCount):F4}");

        FormattableString Size(double size) => $"{size,8:F2} of {metrics.PerClass.Count} classes";
    }

    private static void Groups(TextTable table, IReadOnlyList<GloroGroupMetrics> groups)
    {
        int width = Math.Max(5, groups.Max(group => group.Name.Length));
        table.Line($"  {"group".PadRight(width)}{"classes",9}{"certified",11}{"label in it",13}");
        foreach (GloroGroupMetrics group in groups)
            table.Line($"  {group.Name.PadRight(width)}{group.ClassCount,9:N0}{group.RowCount,11:N0}{group.CorrectRowCount,13:N0}");
    }

    private static void Classes(TextTable table, IReadOnlyList<GloroClassMetrics> classes)
    {
        int width = Math.Max(5, classes.Max(c => c.Name.Length));
        table.Line($"  {"class".PadRight(width)}{"rows",9}{"clean",8}{"VRA",8}{"local",8}");
        foreach (GloroClassMetrics c in classes)
        {
            FormattableString accuracies = $"{c.CleanAccuracy,8:F3}{c.VerifiedRobustAccuracy,8:F3}{c.LocalVerifiedRobustAccuracy,8:F3}";
            table.Line($"  {c.Name.PadRight(width)}{c.RowCount,9:N0}{accuracies}");
        }
    }

    private static string Arithmetic(CertificateArithmetic? arithmetic) => arithmetic switch
    {
        CertificateArithmetic.Float64 => "certificates cover the rounding of the scores (float64)",
        CertificateArithmetic.Real =>
            "certificates hold in real arithmetic; rounding is covered at the row, and not at other inputs",
        _ => "the arithmetic that certificates hold in is not known",
    };

    /// <summary>
    /// Small image radii are usually given in 255ths, so "(36/255)" is added where ε is one, below 1; "tolerances", where it is measured in
    /// them.
    /// </summary>
    public static string Epsilon(float epsilon, bool inTolerances = false)
    {
        string value = epsilon.ToString("0.####", CultureInfo.InvariantCulture);
        if (inTolerances)
            return $"{value} tolerances";
        double levels = Math.Round(epsilon * 255.0);
        return levels is >= 1 and < 255 && (float)(levels / 255) == epsilon
            ? string.Create(CultureInfo.InvariantCulture, $"{value} ({levels}/255)")
            : value;
    }
}
