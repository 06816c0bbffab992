using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes a <see cref="GloroAuditReport"/> as text.</summary>
internal static class AuditTable
{
    private const int MostLines = 40, MostNumbers = 10;

    public static string Write(GloroAuditReport report)
    {
        var text = new StringBuilder();
        Line(text, $"audit of {report.Guarantee} at epsilon {report.Epsilon:0.####}: no certificate broken{(report.IsComplete ? "" : " (cut short by the time budget)")}");
        Row(text, "certificates speak of", report.Arithmetic == CertificateArithmetic.Float64 ? "the arithmetic that runs (float64)"
            : "real arithmetic; rounding is not covered");
        Row(text, "rows read, certified, attacked", $"{report.RowCount:N0}, {report.CertifiedRows:N0}, {report.AttackedRows:N0}");
        if (report.RowsNotReached.Count > 0)
            Row(text, "rows not reached", $"{report.RowsNotReached.Count:N0}: {string.Join(", ", report.RowsNotReached.Take(MostNumbers))}{(report.RowsNotReached.Count > MostNumbers ? ", …" : "")}");
        Row(text, "attack", $"{report.Steps} gradient steps from each of {report.Restarts} starts");
        Row(text, "margin consumed within the radius", $"{report.MeanConsumedMargin:P1} on average, {report.LargestConsumedMargin:P1} at most (row {report.LargestConsumedMarginRow})");
        Row(text, "nearest other top-k set found", double.IsFinite(report.NearestFlip)
            ? $"at {report.NearestFlip:F3} × the certified radius (row {report.NearestFlipRow})" : "none");
        Row(text, "boundaries found, points beside", $"{report.BoundaryRows:N0}, {report.BoundaryPoints:N0}");
        Row(text, "broken there by last bits", $"{report.LastBitCounterexamples:N0} in {report.LastBitTrials:N0} trials{(report.LastBitCounterexamples > 0 ? " (rounding, which these certificates do not cover)" : "")}");
        if (report.Accuracy is { } accuracy)
        {
            Row(text, "robust accuracy", $"{accuracy.VerifiedRobustAccuracy:F4} proved (VRA) ≤ true ≤ {accuracy.EmpiricalRobustAccuracy:F4} left by attacks ≤ {accuracy.TopKAccuracy:F4} clean");
            Row(text, "rows right without proof, attacked",
                $"{accuracy.UnprovedRows:N0}, {accuracy.AttackedRows:N0} of {accuracy.RowCount:N0}");
        }
        else
        {
            Row(text, "robust accuracy", $"not measured: the data has no label column");
        }

        Row(text, "Lipschitz bound κ", $"{report.LipschitzBound:G7} ({(double.IsNaN(report.RecomputedLipschitzBound) ? (FormattableString)$"not proved anew" : $"proved anew: {report.RecomputedLipschitzBound:G7}")}; layers attain {report.AttainedProduct:G7})");
        Row(text, "weights", $"have the bound's hash {report.WeightHash[..16]}…");
        Row(text, "time", $"{Seconds(report.Elapsed)} ({string.Join(", ", report.StageTimes.Select(t => $"{t.Key} {Seconds(t.Value)}"))})");
        Slopes(text, report.Slopes);
        Layers(text, report.Layers);
        return text.ToString().TrimEnd('\n');
    }

    private static void Slopes(StringBuilder text, IReadOnlyList<GloroAuditSlope> slopes)
    {
        if (slopes.Count == 0)
            return;
        int width = Math.Max(7, slopes.Max(s => s.First.Length + s.Second.Length + 3));
        Line(text, $"  {"margin".PadRight(width)}{"attained",12}{"K",12}{"fraction",10}");
        foreach (GloroAuditSlope s in slopes.Take(MostLines))
            Line(text, $"  {$"{s.First} – {s.Second}".PadRight(width)}{s.Attained,12:G5}{s.Bound,12:G5}{s.Fraction,10:F3}");
    }

    private static void Layers(StringBuilder text, IReadOnlyList<GloroAuditLayer> layers)
    {
        // Layers with a bound of exactly 1 (activations, pooling) add no information.
        GloroAuditLayer[] telling =
            [.. layers.Where(l => l.StoredBound != 1 || (!double.IsNaN(l.RecomputedBound) && l.RecomputedBound != 1))];
        if (telling.Length == 0)
            return;
        Line(text, $"  {"layer",5}  {"kind",-20}{"bound",12}{"anew",12}{"attained",12}{"slack",10}  method");
        foreach (GloroAuditLayer l in telling.Take(MostLines))
            Line(text, $"  {l.Index,5}  {l.Kind,-20}{l.StoredBound,12:G7}{(double.IsNaN(l.RecomputedBound) ? "–" : l.RecomputedBound.ToString("G7", CultureInfo.InvariantCulture)),12}{l.Attained,12:G7}{l.Slack,10:E1}  {l.Method}");
        if (telling.Length > MostLines)
            Line(text, $"  and {telling.Length - MostLines} more");
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s";

    private static void Row(StringBuilder text, string name, FormattableString value) =>
        Line(text, $"  {name,-36}{value.ToString(CultureInfo.InvariantCulture)}");

    private static void Row(StringBuilder text, string name, string value) => Line(text, $"  {name,-36}{value}");

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
