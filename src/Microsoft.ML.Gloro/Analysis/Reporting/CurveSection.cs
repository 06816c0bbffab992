namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on what each guarantee proves at every ε, with a table at the chosen ε.</summary>
internal static class CurveSection
{
    public static void Add(HtmlText page, ReportData data)
    {
        string epsilon = ReportNumbers.EpsilonInFull(data.Epsilon);
        string description = string.Join(" ", data.Guarantees.Select(one => $"{one.Name} at ε = {ReportNumbers.Epsilon(data.Epsilon)}: "
            + (data.HasLabels ? $"VRA {ReportNumbers.Percent(one.Metrics.VerifiedRobustAccuracy)}, " : "")
            + $"certified {ReportNumbers.Percent(one.Metrics.CertifiedFraction)}.")) + " All curves fall as ε grows.";
        page.Add($"<section>\n<h2>What is proved at every ε</h2>\n");
        page.Add($"<p class=\"note\">Exact: each curve falls by one {data.Row} at that {data.Row}’s certified radius. ")
            .Add($"{(data.HasLabels ? "Clean accuracy does not depend on ε and proves nothing. " : "")}Dots mark ε = ")
            .Add($"{ReportNumbers.Epsilon(data.Epsilon)}; point at a chart to read its values.</p>\n");
        CurveChart.Add(page, new("c", "What is proved at every ε", description, Panels(data), data.Axis, data.Epsilon));
        page.Add($"<h3>At ε = {epsilon}</h3>\n");
        Table(page, data);
        foreach (GuaranteeFindings one in data.Guarantees.Where(one => one.Guarantee.AffinitySets is not null))
            page.Add($"<p class=\"note\">{one.Name}: ")
                .Add($"{HtmlText.Name(one.Guarantee.AffinitySets!.ToString().Replace(",", ", ", StringComparison.Ordinal))}</p>\n");
        page.Add($"</section>\n");
    }

    private static IReadOnlyList<CurvePanel> Panels(ReportData data)
    {
        IReadOnlyList<ChartCurve> Curves(Func<GuaranteeFindings, (CertifiedAccuracyCurve Curve, double AtEpsilon)> of) =>
        [
            .. data.Guarantees.Select((one, i) =>
                new ChartCurve(one.Name, ReportPage.Class(i), one.Dash, of(one).Curve, of(one).AtEpsilon)),
        ];
        var certified = new CurvePanel($"Certified, right or wrong, % of {data.Rows}",
            Curves(one => (one.Certified, one.Metrics.CertifiedFraction)), []);
        return !data.HasLabels ? [certified]
            :
            [
                new($"VRA: certified and right, % of {data.Rows}",
                    Curves(one => (one.Metrics.CertifiedAccuracyCurve, one.Metrics.VerifiedRobustAccuracy)),
                    [("clean accuracy", data.Main.Metrics.CleanAccuracy)]),
                certified,
            ];
    }

    private static string Size(GloroMetrics metrics, double size) =>
        metrics.CertifiedFraction > 0 ? size.ToString("F2", System.Globalization.CultureInfo.InvariantCulture) : "–";

    private static void Table(HtmlText page, ReportData data)
    {
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What each guarantee proves at ε\"><table>\n<thead>")
            .Add($"<tr><th scope=\"col\">guarantee</th>");
        if (data.HasLabels)
            page.Add($"<th scope=\"col\">VRA, %</th><th scope=\"col\">top-1 VRA, %</th>");
        page.Add($"<th scope=\"col\">certified, %</th><th scope=\"col\">mean set</th><th scope=\"col\">loosest</th>")
            .Add($"<th scope=\"col\" class=\"more\">mean radius</th>")
            .Add($"</tr></thead>\n<tbody>\n");
        for (int i = 0; i < data.Guarantees.Count; i++)
        {
            GuaranteeFindings one = data.Guarantees[i];
            GloroMetrics metrics = one.Metrics;
            page.Add($"<tr{new RawHtml(ReferenceEquals(one, data.Main) ? " class=\"this\"" : "")}><th scope=\"row\" class=\"whole\">")
                .Add($"{ChartCurve.Swatch(ReportPage.Class(i), one.Dash)}{one.Name}</th>");
            if (data.HasLabels)
                page.Add($"<td>{ReportNumbers.PercentWithError(metrics.VerifiedRobustAccuracy, data.RowCount)}</td>")
                    .Add($"<td>{ReportNumbers.PercentWithError(metrics.Top1VerifiedRobustAccuracy, data.RowCount)}</td>");
            page.Add($"<td>{ReportNumbers.PercentWithError(metrics.CertifiedFraction, data.RowCount)}</td>")
                .Add($"<td>{Size(metrics, metrics.MeanCertifiedSetSize)}</td><td>{Size(metrics, metrics.MeanLoosestSetSize)}")
                .Add($"</td><td class=\"more\">{ReportNumbers.Radius(one.Certified.Area)}</td></tr>\n");
        }

        page.Add($"</tbody>\n</table></div>\n");
        page.Add($"<p class=\"note\">VRA: certified, and the label in the loosest set that holds. Top-1 VRA: certified, and ")
            .Add($"the label is the first class. RT<i>k</i>: relaxed top-<i>k</i> robustness. Mean set: classes in the tightest set that ")
            .Add($"holds, of {data.ClassNames.Count}; beside it those in the loosest. Mean radius: the largest certified, over all ")
            .Add($"{data.Rows}, 0 where nothing is certified.</p>\n");
    }
}
