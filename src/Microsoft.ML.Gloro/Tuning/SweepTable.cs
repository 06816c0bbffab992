using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Tuning;

/// <summary>Writes a <see cref="GloroSweepResult"/> as text.</summary>
internal static class SweepTable
{
    private const int MostLines = 50;

    public static string Write(GloroSweepResult result)
    {
        var text = new StringBuilder();
        string end = result.Outcome switch
        {
            GloroSweepOutcome.TimeBudget => " (cut short by the time budget)",
            GloroSweepOutcome.Cancelled => " (cancelled)",
            _ => "",
        };
        int failed = result.Trials.Count(t => t.Error is not null);
        Line(text, $"sweep by {result.MetricName}: {result.Trials.Count} trainings of {result.Trials.Select(t => t.Number).Distinct().Count()} settings, {failed} failed, {result.Elapsed:hh\\:mm\\:ss}{end}");
        bool other = result.Trials.Any(t => t.Error is null && t.Metric != t.VerifiedRobustAccuracy);
        Line(text, $"  {"trial",5}{"epochs",8}{(other ? "metric".PadLeft(10) : "")}{"VRA",8}{"clean",8}{"top-1",8}{"set",6}{"seconds",9}  settings (* on the front of VRA against clean accuracy)");
        GloroSweepTrial[] order = [.. result.Trials.OrderBy(t => t.Error is not null).ThenByDescending(t => t.Metric).ThenBy(t => t.Epochs).ThenBy(t => t.Number)];
        foreach (var t in order.Take(MostLines))
        {
            string settings = t.IsBaseline ? $"as given: {t.Settings}" : t.Settings;
            if (t.Error is { } error)
                Line(text, $"  {t.Number,5}{t.Epochs,8}  failed: {error} ({settings})");
            else
                Line(text, $"  {t.Number,5}{t.Epochs,8}{(other ? t.Metric.ToString("F4", CultureInfo.InvariantCulture).PadLeft(10) : "")}{t.VerifiedRobustAccuracy,8:F4}{t.CleanAccuracy,8:F4}{t.Top1VerifiedRobustAccuracy,8:F4}{t.MeanCertifiedSetSize,6:F2}{t.Duration.TotalSeconds,9:F1}{(result.ParetoFront.Contains(t) ? " *" : "  ")}{settings}");
        }

        if (order.Length > MostLines)
            Line(text, $"  and {order.Length - MostLines} more");
        if (result is { Best: { } best, Baseline: { } baseline })
            Line(text, $"  best: trial {best.Number} with {best.Epochs} epochs, {result.MetricName} {best.Metric:F4}; as given, with {baseline.Epochs}: {baseline.Metric:F4}");
        return text.ToString().TrimEnd('\n');
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
