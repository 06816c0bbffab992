namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on what is proved for each class.</summary>
internal static class ClassSection
{
    private const int Shown = 20, MostInAll = 2000;

    public static void Add(HtmlText page, ReportData data)
    {
        bool isLocal = ReferenceEquals(data.Main, data.Local);
        page.Add($"<section>\n<h2>Class by class</h2>\n")
            .Add($"<p class=\"note\">The {data.Rows} {(data.HasLabels ? "of each true class" : "that each class is predicted for")}, ")
            .Add($"at ε = {ReportNumbers.Epsilon(data.Epsilon)}; the least proved first.</p>\n");
        var rows = Rows(data, isLocal);
        Table(page, data, isLocal, rows.Take(Shown));
        if (rows.Count > Shown)
        {
            string others = rows.Count <= MostInAll
                ? $"The other {ReportNumbers.Count(rows.Count - Shown)} classes"
                : $"{MostInAll - Shown} more of {ReportNumbers.Count(rows.Count)} classes";
            page.Add($"<details><summary>{others}</summary>\n");
            Table(page, data, isLocal, rows.Take(MostInAll).Skip(Shown));
            page.Add($"</details>\n");
        }

        page.Add($"</section>\n");
    }

    private static List<(string Name, long Rows, double[] Shares)> Rows(ReportData data, bool isLocal) => data.HasLabels
        ?
        [
            .. data.Main.Metrics.PerClass.OrderBy(one => one.RowCount == 0).ThenBy(one => one.VerifiedRobustAccuracy)
                .Select(one => (one.Name, one.RowCount,
                isLocal
                    ? new[] { one.VerifiedRobustAccuracy, one.CleanAccuracy, Share(one.CertifiedRowCount, one.RowCount) }
                    : [one.VerifiedRobustAccuracy, one.LocalVerifiedRobustAccuracy, one.CleanAccuracy,
                        Share(one.CertifiedRowCount, one.RowCount)])),
        ]
        : [.. data.Predicted.Select((one, i) => (data.ClassNames[i], one.Rows, new[] { Share(one.Certified, one.Rows) }))
            .OrderBy(one => one.Rows == 0).ThenBy(one => one.Item3[0])];

    private static void Table(HtmlText page, ReportData data, bool isLocal, IEnumerable<(string Name, long Rows, double[] Shares)> rows)
    {
        string[] heads = !data.HasLabels ? ["certified, %"] : isLocal ? ["VRA, %", "clean, %", "certified, %"]
            : [$"VRA {data.Main.Name}, %", "VRA local, %", "clean, %", "certified, %"];
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of each class\"><table class=\"classes\">\n")
            .Add($"<thead><tr><th scope=\"col\">class</th><th scope=\"col\">{data.Rows}</th>");
        // Narrow pages hide the last of four columns.
        for (int i = 0; i < heads.Length; i++)
            page.Add($"<th scope=\"col\"{More(i)}>{heads[i]}</th>");
        page.Add($"</tr></thead>\n<tbody>\n");
        foreach (var (name, count, shares) in rows)
        {
            page.Add($"<tr><th scope=\"row\">{HtmlText.Name(name)}</th><td>{ReportNumbers.Count(count)}</td>");
            for (int i = 0; i < shares.Length; i++)
            {
                RawHtml percent = i == 0 ? ReportNumbers.PercentWithError(shares[i], count)
                    : new(ReportNumbers.PercentOnly(shares[i]));
                if (count == 0)
                    page.Add($"<td{More(i)}>–</td>");
                else if (i == 0)
                    page.Add($"<td class=\"bar\">{percent}<i style=\"width:{100 * shares[i]:0.#}%\"></i></td>");
                else
                    page.Add($"<td{More(i)}>{percent}</td>");
            }

            page.Add($"</tr>\n");
        }

        page.Add($"</tbody>\n</table></div>\n");
    }

    private static RawHtml More(int column) => new(column < 3 ? "" : " class=\"more\"");

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
