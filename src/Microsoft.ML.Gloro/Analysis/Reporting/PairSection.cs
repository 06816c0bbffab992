namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on pairs of classes that limit radii, as a heat map and a table.</summary>
internal static class PairSection
{
    private const int MostClasses = 12, MostPairs = 12;

    public static void Add(HtmlText page, ReportData data)
    {
        RadiusLimits pairs = data.Pairs;
        page.Add($"<section>\n<h2>Which classes limit each other’s radii</h2>\n");
        if (pairs.Counted == 0)
        {
            string why = pairs.Undetermined > 0 ? "The columns do not tell, and no model was given." : $"No {data.Row} has a radius.";
            page.Add($"<p class=\"note\">{why}</p>\n</section>\n");
            return;
        }

        page.Add($"<p class=\"note\">A local radius ends where the nearest other class could overtake the predicted one: the class with ")
            .Add($"the smallest (y<sub>j</sub> − y<sub>i</sub>) / K<sub>ij</sub>. {How(data)}</p>\n");
        var all = pairs.Counts.Select(pair => (pair.Key.Inside, pair.Key.Outside, pair.Value.Local, pair.Value.Main)).ToList();
        Map(page, data, all);
        List(page, data, all);
        page.Add($"</section>\n");
    }

    private static string How(ReportData data)
    {
        RadiusLimits pairs = data.Pairs;
        string without = pairs.WithoutRadius > 0 ? $" {ReportNumbers.Count(pairs.WithoutRadius)} have no radius at all and are left out."
            : "";
        return pairs.IsExact
            ? $"Counted for all {ReportNumbers.Count(pairs.Counted)} {data.Rows} with a prediction, with the model’s own K.{without}"
            : $"Without the model, K is not known; counted are the {ReportNumbers.Count(pairs.Counted)} {data.Rows} whose radii "
                + $"tell the pair, and {ReportNumbers.Count(pairs.Undetermined)} are left out that do not.{without}";
    }

    private static void Map(HtmlText page, ReportData data, List<(int Inside, int Outside, long Local, long Main)> all)
    {
        int[] classes = Classes(data, all);
        Dictionary<int, long> rows = all.GroupBy(pair => pair.Inside)
            .ToDictionary(group => group.Key, group => group.Sum(pair => pair.Local));
        var shares = all.Where(pair => pair.Local > 0).ToDictionary(pair => (pair.Inside, pair.Outside), pair =>
            (double)pair.Local / rows[pair.Inside]);
        double highest = classes.SelectMany(j => classes.Select(i => shares.GetValueOrDefault((j, i)))).DefaultIfEmpty().Max();
        string some = classes.Length == data.ClassNames.Count ? ""
            : $"The {classes.Length} of {ReportNumbers.Count(data.ClassNames.Count)} classes in the most frequent pairs. ";
        page.Add($"<p class=\"note\">{some}Row: ")
            .Add($"predicted class. Column: the class that limits it. Numbers: % of the {data.Rows} with that prediction.</p>\n");
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Heat map of limiting classes\"><table class=\"heat\">")
            .Add($"\n<thead><tr><th><span></span></th>");
        foreach (int i in classes)
            page.Add($"<th scope=\"col\"><span>{data.ClassNames[i]}</span></th>");
        page.Add($"</tr></thead>\n<tbody>\n");
        foreach (int j in classes)
        {
            page.Add($"<tr><th scope=\"row\">{HtmlText.Name(data.ClassNames[j])}</th>");
            foreach (int i in classes)
            {
                double share = shares.GetValueOrDefault((j, i));
                // A square root shows rare pairs too; text is dark on light cells and light on dark ones.
                double depth = highest > 0 ? 0.9 * Math.Sqrt(share / highest) : 0;
                if (i == j)
                    page.Add($"<td class=\"self\"></td>");
                else if (share < 0.005)
                    page.Add($"<td>{(share > 0 ? "·" : "")}</td>");
                else
                    page.Add($"<td class=\"mark{(depth > 0.6 ? " dark" : "")}\" style=\"background:rgba(var(--heat),{depth:0.##})\" ")
                        .Add($"title=\"{data.ClassNames[j]}, limited by {data.ClassNames[i]}: {ReportNumbers.Percent(share)}\">")
                        .Add($"{100 * share:0}</td>");
            }

            page.Add($"</tr>\n");
        }

        page.Add($"</tbody>\n</table></div>\n");
    }

    // All classes if there are few, otherwise those of the most frequent pairs.
    private static int[] Classes(ReportData data, List<(int Inside, int Outside, long Local, long Main)> all)
    {
        if (data.ClassNames.Count <= MostClasses)
            return [.. Enumerable.Range(0, data.ClassNames.Count)];
        var chosen = new List<int>();
        foreach (var pair in all.OrderByDescending(pair => pair.Local).ThenBy(pair => pair.Inside).ThenBy(pair => pair.Outside))
        {
            int[] missing = [.. new[] { pair.Inside, pair.Outside }.Where(c => !chosen.Contains(c))];
            if (chosen.Count + missing.Length > MostClasses)
                break;
            chosen.AddRange(missing);
        }

        return [.. chosen.Order()];
    }

    private static void List(HtmlText page, ReportData data, List<(int Inside, int Outside, long Local, long Main)> all)
    {
        // Unordered pairs: either class may be on top.
        var both = all.GroupBy(pair => (First: Math.Min(pair.Inside, pair.Outside), Second: Math.Max(pair.Inside, pair.Outside)))
            .Select(group => (group.Key.First, group.Key.Second, Local: group.Sum(pair => pair.Local), Main: group.Sum(pair => pair.Main)))
            .OrderByDescending(pair => pair.Local).ThenBy(pair => pair.First).ThenBy(pair => pair.Second).Take(MostPairs).ToList();
        bool hasMain = data.Pairs.IsExact && !ReferenceEquals(data.Main, data.Local);
        page.Add($"<h3>The most frequent pairs, whichever of the two is predicted</h3>\n");
        page.Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Most frequent limiting pairs\"><table>\n<thead><tr>")
            .Add($"<th scope=\"col\">classes</th><th scope=\"col\">limit local radius of</th><th scope=\"col\">%</th>");
        if (hasMain)
            page.Add($"<th scope=\"col\">limit {data.Main.Name} radius of</th>");
        page.Add($"</tr></thead>\n<tbody>\n");
        foreach (var pair in both)
        {
            page.Add($"<tr><th scope=\"row\">{HtmlText.Name(data.ClassNames[pair.First])} – {HtmlText.Name(data.ClassNames[pair.Second])}")
                .Add($"</th><td>{ReportNumbers.Count(pair.Local)}</td>")
                .Add($"<td>{ReportNumbers.PercentOnly((double)pair.Local / data.Pairs.Counted)}</td>");
            if (hasMain)
                page.Add($"<td>{ReportNumbers.Count(pair.Main)}</td>");
            page.Add($"</tr>\n");
        }

        page.Add($"</tbody>\n</table></div>\n");
    }
}
