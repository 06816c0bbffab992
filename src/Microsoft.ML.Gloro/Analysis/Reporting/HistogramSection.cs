namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section with histograms of certified set sizes and radii.</summary>
internal static class HistogramSection
{
    private const int Width = 420, Height = 170, Left = 40, Top = 34, AreaWidth = 372, Bins = 36, MostSizes = 12;

    public static void Add(HtmlText page, ReportData data)
    {
        page.Add($"<section>\n<h2>How large sets are, and how far they reach</h2>\n<div class=\"two\">\n");
        Sizes(page, data);
        Radii(page, data);
        page.Add($"</div>\n</section>\n");
    }

    private static void Sizes(HtmlText page, ReportData data)
    {
        IReadOnlyList<long> counts = data.Main.Metrics.CertifiedKCounts;
        // The last bar includes all larger sets.
        int shown = Math.Min(counts.Count, MostSizes + 1);
        long[] bars = [.. Enumerable.Range(0, shown).Select(k => k < shown - 1 ? counts[k] : counts.Skip(k).Sum())];
        double highest = Math.Max(bars.Max(), 1), pitch = (double)AreaWidth / shown;
        string text = string.Join(", ", bars.Select((count, k) => $"{Name(k, shown, counts.Count)}: {ReportNumbers.Count(count)}"));
        page.Add($"<figure><svg class=\"sizes\" viewBox=\"0 0 {Width} {Top + Height + 52}\" role=\"img\" aria-label=\"Size of the ")
            .Add($"tightest set that holds under {data.Main.Name} at ε = {ReportNumbers.Epsilon(data.Epsilon)}; {data.Rows}: {text}\">\n");
        page.Add($"<text class=\"title\" x=\"0\" y=\"14\">Size of the tightest set that holds, {data.Main.Name}, % of {data.Rows}</text>\n")
            .Add($"<g transform=\"translate({Left} {Top})\">\n");
        for (int k = 0; k < shown; k++)
        {
            double share = (double)bars[k] / data.RowCount, height = (Height - 18) * bars[k] / highest, left = (k * pitch) + (pitch * 0.14),
                wide = pitch * 0.72;
            string label = shown > 8 ? ReportNumbers.PercentOnly(share) : ReportNumbers.Percent(share);
            string fill = k == 0 ? "var(--none)" : "var(--accent)";
            page.Add($"<rect class=\"mark\" x=\"{left:0.#}\" y=\"{Height - height:0.##}\" width=\"{wide:0.#}\" height=\"{height:0.##}\" ")
                .Add($"rx=\"2\" style=\"fill:{fill}\"><title>{Name(k, shown, counts.Count)}: {ReportNumbers.Count(bars[k])} {data.Rows}")
                .Add($"</title></rect>");
            page.Add($"<text class=\"strong\" x=\"{left + (wide / 2):0.#}\" y=\"{Height - height - 5:0.#}\" ")
                .Add($"text-anchor=\"middle\"{new RawHtml(shown > 8 ? " style=\"font-size:10px\"" : "")}>{label}</text>");
            page.Add($"<text x=\"{left + (wide / 2):0.#}\" y=\"{Height + 17}\" text-anchor=\"middle\">")
                .Add($"{(k == 0 ? "none" : Name(k, shown, counts.Count).Split(' ')[0])}</text>\n");
        }

        page.Add($"<path class=\"axis\" d=\"M0 {Height}h{AreaWidth}\"/><text x=\"{AreaWidth}\" y=\"{Height + 36}\" text-anchor=\"end\">")
            .Add($"classes in the set at ε = {ReportNumbers.Epsilon(data.Epsilon)}</text>\n</g>\n</svg></figure>\n");
    }

    private static string Name(int k, int shown, int count) => k switch
    {
        0 => "not certified",
        1 => "1 class",
        _ => FormattableString.Invariant($"{k}{(k == shown - 1 && shown < count ? "+" : "")} classes"),
    };

    private static void Radii(HtmlText page, ReportData data)
    {
        int[] main = Bin(data.Main.Certified.Radii, data.Axis.Limit), local = Bin(data.Local.Certified.Radii, data.Axis.Limit);
        bool both = !ReferenceEquals(data.Main, data.Local);
        double highest = Math.Max(1, Math.Max(main.Max(), both ? local.Max() : 0)), pitch = (double)AreaWidth / Bins;
        double Y(double count) => Height - ((Height - 6) * count / highest);
        string text = $"half of them have a radius of {ReportNumbers.Radius(Middle(data.Main.Certified.Radii))} or more"
            + (both ? $", and {ReportNumbers.Radius(Middle(data.Local.Certified.Radii))} for one class alone" : "");
        page.Add($"<figure><svg class=\"radii\" viewBox=\"0 0 {Width} {Top + Height + 52}\" role=\"img\" aria-label=\"Histogram of ")
            .Add($"the largest certified radii; {text}\">\n");
        page.Add($"<text class=\"title\" x=\"0\" y=\"14\">Largest certified radius, {data.Rows} in each bar</text>\n")
            .Add($"<g transform=\"translate({Left} {Top})\">\n");
        page.Add($"<path class=\"grid\" d=\"M0 {Y(highest):0.#}h{AreaWidth}\"/><text x=\"-6\" y=\"{Y(highest) + 4:0.#}\" ")
            .Add($"text-anchor=\"end\">{ReportNumbers.Count((long)highest)}</text><text x=\"-6\" y=\"{Height + 4}\" text-anchor=\"end\">0")
            .Add($"</text>\n");
        for (int i = 0; i < Bins; i++)
        {
            if (main[i] > 0)
                page.Add($"<rect class=\"mark\" x=\"{(i * pitch) + 0.5:0.##}\" y=\"{Y(main[i]):0.##}\" width=\"{pitch - 1:0.##}\" ")
                    .Add($"height=\"{Height - Y(main[i]):0.##}\" style=\"fill:{(both ? "var(--set)" : "var(--accent)")}\"><title>")
                    .Add($"radius {data.Axis.Limit * i / Bins:0.###} to {data.Axis.Limit * (i + 1) / Bins:0.###}: ")
                    .Add($"{ReportNumbers.Count(main[i])} {data.Rows}{(both ? $", local {ReportNumbers.Count(local[i])}" : "")}")
                    .Add($"</title></rect>\n");
        }

        if (both)
        {
            var path = new HtmlText().Add($"M0 {Height}");
            for (int i = 0; i < Bins; i++)
                path.Add($"V{Y(local[i]):0.##}H{(i + 1) * pitch:0.##}");
            page.Add($"<path class=\"mark\" d=\"{path.ToRaw()}V{Height}\" style=\"fill:none;stroke:var(--accent)\" stroke-width=\"1.75\"/>")
                .Add($"\n");
        }

        page.Add($"<path class=\"axis\" d=\"M0 {Height}h{AreaWidth}\"/>\n");
        CurveChart.MarkEpsilon(page, data.Axis, data.Epsilon, AreaWidth, Height);
        page.Add($"<g transform=\"translate({AreaWidth - 132} 20)\"><rect x=\"0\" y=\"-9\" width=\"10\" height=\"10\" rx=\"1\" ")
            .Add($"style=\"fill:{(both ? "var(--set)" : "var(--accent)")}\"/>")
            .Add($"<text class=\"strong\" x=\"16\" y=\"0\">{data.Main.Name}</text>");
        if (both)
            page.Add($"<rect x=\"0.9\" y=\"9\" width=\"9\" height=\"9\" style=\"fill:none;stroke:var(--accent)\" stroke-width=\"1.75\"/>")
                .Add($"<text class=\"strong\" x=\"16\" y=\"18\">local (one class)</text>");
        page.Add($"</g>\n");
        CurveChart.Ticks(page, data.Axis, AreaWidth, Height);
        page.Add($"</g>\n</svg>\n<figcaption class=\"note\">{Beyond(data)}</figcaption></figure>\n");
    }

    private static string Beyond(ReportData data)
    {
        ReadOnlySpan<float> radii = data.Main.Certified.Radii;
        int zero = 0, beyond = 0;
        foreach (float radius in radii)
        {
            zero += radius <= 0 ? 1 : 0;
            beyond += radius > data.Axis.Limit ? 1 : 0;
        }

        return $"Under {data.Main.Name} half of the {data.Rows} have a radius of {ReportNumbers.Radius(Middle(radii))} or more."
            + (zero > 0 ? $" {ReportNumbers.Count(zero)} have none, and stand in the first bar." : "")
                + (beyond > 0 ? $" {ReportNumbers.Count(beyond)} lie beyond the end of the axis." : "");
    }

    private static float Middle(ReadOnlySpan<float> sorted) => sorted[sorted.Length / 2];

    private static int[] Bin(ReadOnlySpan<float> radii, double limit)
    {
        var bins = new int[Bins];
        foreach (float radius in radii)
        {
            if (radius <= limit)
                bins[Math.Min(Bins - 1, (int)(radius / limit * Bins))]++;
        }

        return bins;
    }
}
