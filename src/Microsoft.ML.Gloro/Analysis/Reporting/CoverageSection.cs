using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on coverage sets: how often they hold the label, and how large they are, over ε.</summary>
internal static class CoverageSection
{
    private const int Named = 3;

    public static void Add(HtmlText page, ReportData data)
    {
        if (data.Options.Coverage is not { Count: > 0 } all)
            return;
        GloroCoverageMetrics[] curve = [.. all.OrderBy(one => one.Epsilon)];
        string wanted = ReportNumbers.Percent(curve[0].Coverage);
        page.Add($"<section>\n<h2>Sets that hold the true label</h2>\n");
        page.Add($"<p class=\"note\">Every {data.Row} has a coverage set. It holds the true label with a probability of {wanted} or more, ")
            .Add($"on average over all {data.Rows}, even if an attacker moves the input by up to ε. Measured on ")
            .Add($"{ReportNumbers.Count(curve[0].RowCount)} {data.Rows} that nobody moved, where sets for ε &gt; 0 cover more than that. ")
            .Add($"Last column: what is proved of the sets for ε = 0 under attack, with a confidence of 99.9{'\u202F'}%.</p>\n");
        Table(page, curve);
        Classes(page, curve[^1]);
        if (data.Options.Audit is { Coverage: { } attacked } audit)
        {
            page.Add($"<p class=\"note\">Attacks on {ReportNumbers.Count(attacked.RowCount)} {data.Rows} within ε = ")
                .Add($"{ReportNumbers.Epsilon(audit.Epsilon)} left {ReportNumbers.PercentOnly(attacked.AttackedFraction)} ± ")
                .Add($"{ReportNumbers.Percent(attacked.StandardError)} of the sets for this ε with their label in them, and ")
                .Add($"{ReportNumbers.Percent(attacked.PlainAttackedFraction)} of the sets for ε = 0.</p>\n");
        }

        page.Add($"</section>\n");
    }

    private static void Table(HtmlText page, IEnumerable<GloroCoverageMetrics> curve)
    {
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Coverage sets over ε\"><table>\n<thead>")
            .Add($"<tr><th scope=\"col\">ε</th><th scope=\"col\">covered, %</th><th scope=\"col\">mean set</th>")
            .Add($"<th scope=\"col\">one label, %</th><th scope=\"col\" class=\"more\">empty, %</th>")
            .Add($"<th scope=\"col\">plain sets under attack, %</th></tr></thead>\n<tbody>\n");
        foreach (GloroCoverageMetrics one in curve)
        {
            page.Add($"<tr><th scope=\"row\">{ReportNumbers.Epsilon(one.Epsilon)}</th>")
                .Add($"<td>{ReportNumbers.PercentOnly(one.CoveredFraction)} ± {ReportNumbers.PercentOnly(one.StandardError)}</td>")
                .Add($"<td>{one.MeanSetSize.ToString("F2", CultureInfo.InvariantCulture)}</td>")
                .Add($"<td>{ReportNumbers.PercentOnly(one.SingletonFraction)}</td>")
                .Add($"<td class=\"more\">{ReportNumbers.PercentOnly(one.EmptyFraction)}</td>")
                .Add($"<td>≥ {PercentDown(one.PlainCoverageUnderAttack)}</td></tr>\n");
        }

        page.Add($"</tbody>\n</table></div>\n");
    }

    private static void Classes(HtmlText page, GloroCoverageMetrics metrics)
    {
        GloroClassCoverage[] classes = [.. metrics.PerClass.Where(one => one.RowCount > 0).OrderBy(one => one.CoveredFraction)];
        if (classes.Length < 2)
            return;
        int shown = Math.Min(Named, classes.Length / 2);
        page.Add($"<p class=\"note\">The coverage is an average: a class may be covered less. At ε = ")
            .Add($"{ReportNumbers.Epsilon(metrics.Epsilon)}, the least covered: ");
        List(page, classes.Take(shown));
        page.Add($"; the most: ");
        List(page, classes.TakeLast(shown));
        page.Add($".</p>\n");
    }

    private static void List(HtmlText page, IEnumerable<GloroClassCoverage> classes)
    {
        string between = "";
        foreach (GloroClassCoverage one in classes)
        {
            page.Add($"{between}{HtmlText.Name(one.Name)} {ReportNumbers.Percent(one.CoveredFraction)} of ")
                .Add($"{ReportNumbers.Count(one.RowCount)}");
            between = ", ";
        }
    }

    // A bound is never rounded up.
    private static string PercentDown(double share) => ReportNumbers.PercentOnly(Math.Floor(1000 * share) / 1000);
}
