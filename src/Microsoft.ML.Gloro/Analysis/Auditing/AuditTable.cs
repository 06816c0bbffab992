using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes a <see cref="GloroAuditReport"/> as text.</summary>
internal static class AuditTable
{
    private const int MostLines = 40, MostNumbers = 10;

    public static string Write(GloroAuditReport report)
    {
        var table = new TextTable();
        string end = report.IsComplete ? "" : " (cut short by the time budget)";
        string unit = report.InTolerances ? " tolerances" : "";
        table.Line($"audit of {report.Guarantee} at epsilon {report.Epsilon:0.####}{unit}: no certificate broken{end}");
        table.Row("certificates speak of", report.Arithmetic == CertificateArithmetic.Float64
            ? (FormattableString)$"the arithmetic that runs (float64)"
            : $"real arithmetic; rounding at the row is covered, rounding at other inputs is not covered");
        table.Row("rows read, certified, attacked", $"{report.RowCount:N0}, {report.CertifiedRows:N0}, {report.AttackedRows:N0}");
        if (report.RowsNotReached.Count > 0)
        {
            string numbers = string.Join(", ", report.RowsNotReached.Take(MostNumbers));
            table.Row("rows not reached",
                $"{report.RowsNotReached.Count:N0}: {numbers}{(report.RowsNotReached.Count > MostNumbers ? ", …" : "")}");
        }

        table.Row("attack", $"{report.Steps} gradient steps from each of {report.Restarts} starts");
        if (report.AttackedRows == 0)
            table.Row("margin consumed within the radius", $"not measured: no row was attacked");
        else
            table.Row("margin consumed within the radius", $"{report.MeanConsumedMargin:P1} on average, ",
                $"{report.LargestConsumedMargin:P1} at most (row {report.LargestConsumedMarginRow})");
        table.Row("nearest other top-k set found", double.IsFinite(report.NearestFlip)
            ? (FormattableString)$"at {report.NearestFlip:F3} × the certified radius (row {report.NearestFlipRow})" : $"none");
        table.Row("boundaries found, points beside", $"{report.BoundaryRows:N0}, {report.BoundaryPoints:N0}");
        table.Row("broken there by last bits", $"{report.LastBitCounterexamples:N0} in {report.LastBitTrials:N0} trials",
            $"{(report.LastBitCounterexamples > 0 ? " (rounding, which these certificates do not cover)" : "")}");
        if (report.Accuracy is { } accuracy)
        {
            table.Row("robust accuracy", $"{accuracy.VerifiedRobustAccuracy:F4} proved (VRA) ≤ true ≤ ",
                $"{accuracy.EmpiricalRobustAccuracy:F4} left by attacks ≤ {accuracy.TopKAccuracy:F4} clean");
            table.Row("rows right without proof, attacked",
                $"{accuracy.UnprovedRows:N0} of {accuracy.RowCount:N0}, {accuracy.AttackedRows:N0}");
        }
        else
        {
            table.Row("robust accuracy", $"not measured: no audited row has a label");
        }

        if (report.Coverage is { } coverage)
        {
            string sets = FormattableString.Invariant($"coverage {coverage.Coverage:0.####}, sets for ε");
            table.Row(sets, $"{coverage.CoveredFraction:F4}, after attacks ",
                $"{coverage.AttackedFraction:F4} ± {coverage.StandardError:F4}, proved {coverage.ProvedFraction:F4}");
            table.Row("sets for ε = 0", $"{coverage.PlainCoveredFraction:F4}, after attacks ",
                $"{coverage.PlainAttackedFraction:F4}, proved {coverage.PlainProvedFraction:F4}");
        }

        table.Row("Lipschitz bound κ", $"{report.LipschitzBound:G7} (",
            double.IsNaN(report.RecomputedLipschitzBound)
                ? (FormattableString)$"not proved anew" : $"proved anew: {report.RecomputedLipschitzBound:G7}",
            $"; layers attain {report.AttainedProduct:G7})");
        table.Row("weights", $"have the bound's hash {report.WeightHash[..16]}…");
        table.Row("time", $"{Seconds(report.Elapsed)} ({string.Join(", ", report.StageTimes.Select(t => $"{t.Key} {Seconds(t.Value)}"))})");
        Slopes(table, report.Slopes);
        Layers(table, report.Layers);
        return table.ToString();
    }

    private static void Slopes(TextTable table, IReadOnlyList<GloroAuditSlope> slopes)
    {
        if (slopes.Count == 0)
            return;
        int width = Math.Max(7, slopes.Max(s => s.First.Length + s.Second.Length + 3));
        table.Line($"  {"margin".PadRight(width)}{"attained",12}{"K",12}{"fraction",10}");
        foreach (GloroAuditSlope s in slopes.Take(MostLines))
            table.Line($"  {$"{s.First} – {s.Second}".PadRight(width)}{s.Attained,12:G5}{s.Bound,12:G5}{s.Fraction,10:F3}");
    }

    private static void Layers(TextTable table, IReadOnlyList<GloroAuditLayer> layers)
    {
        // Layers with a bound of exactly 1 (activations, pooling) add no information.
        GloroAuditLayer[] telling =
            [.. layers.Where(l => l.StoredBound != 1 || (!double.IsNaN(l.RecomputedBound) && l.RecomputedBound != 1))];
        if (telling.Length == 0)
            return;
        table.Line($"  {"layer",5}  {"kind",-20}{"bound",12}{"anew",12}{"attained",12}{"slack",10}  method");
        foreach (GloroAuditLayer l in telling.Take(MostLines))
        {
            string again = double.IsNaN(l.RecomputedBound) ? "–" : l.RecomputedBound.ToString("G7", CultureInfo.InvariantCulture);
            table.Line($"  {l.Index,5}  {l.Kind,-20}{l.StoredBound,12:G7}{again,12}{l.Attained,12:G7}{l.Slack,10:E1}  {l.Method}");
        }

        if (telling.Length > MostLines)
            table.Line($"  and {telling.Length - MostLines} more");
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture) + " s";
}
