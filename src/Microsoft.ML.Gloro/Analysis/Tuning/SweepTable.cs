using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes a <see cref="GloroSweepResult"/> as text.</summary>
internal static class SweepTable
{
    private const int MostLines = 50;

    public static string Write(GloroSweepResult result)
    {
        var table = new TextTable();
        int settings = result.Trials.Select(t => t.Number).Distinct().Count(), failed = result.Trials.Count(t => t.Error is not null);
        string end = result.IsComplete ? "" : " (cut short)";
        table.Line($"sweep by {result.MetricName}: {result.Trials.Count} trainings of {settings} settings, {failed} failed, ",
            $"{(long)result.Elapsed.TotalHours:00}:{result.Elapsed:mm\\:ss}{end}");

        // VRA has its own column, so the metric needs one only if it differs.
        bool other = result.Trials.Any(t => t.Error is null && t.Metric != t.VerifiedRobustAccuracy);
        table.Line($"  {"trial",5}{"epochs",8}{(other ? $"{"metric",10}" : "")}{"VRA",8}{"clean",8}{"top-1",8}{"set",6}{"seconds",9}",
            $"  settings (* on the front of VRA against clean accuracy)");
        GloroSweepTrial[] order =
        [
            .. result.Trials.OrderBy(t => t.Error is not null).ThenByDescending(t => t.Metric).ThenBy(t => t.Epochs).ThenBy(t => t.Number),
        ];
        foreach (var trial in order.Take(MostLines))
            table.Line($"  {trial.Number,5}{trial.Epochs,8}{Rest(trial, other, result.ParetoFront.Contains(trial) ? '*' : ' ')}");
        if (order.Length > MostLines)
            table.Line($"  and {order.Length - MostLines} more");
        if (result is { Best: { } best, Baseline: { } baseline })
        {
            table.Line($"  best: trial {best.Number} with {best.Epochs} epochs, {result.MetricName} {best.Metric:F4}; ",
                $"as given, with {baseline.Epochs}: {baseline.Metric:F4}");
        }

        return table.ToString();
    }

    private static string Rest(GloroSweepTrial trial, bool withMetric, char mark)
    {
        string settings = trial.IsBaseline ? $"as given: {trial.Settings}" : trial.Settings;
        if (trial.Error is { } error)
            return $"  failed: {error} ({settings})";
        string metric = withMetric ? string.Create(CultureInfo.InvariantCulture, $"{trial.Metric,10:F4}") : "";
        return FormattableString.Invariant($"{metric}{trial.VerifiedRobustAccuracy,8:F4}{trial.CleanAccuracy,8:F4}")
            + FormattableString.Invariant($"{trial.Top1VerifiedRobustAccuracy,8:F4}{trial.MeanCertifiedSetSize,6:F2}")
            + FormattableString.Invariant($"{trial.Duration.TotalSeconds,9:F1} {mark}{settings}");
    }
}
