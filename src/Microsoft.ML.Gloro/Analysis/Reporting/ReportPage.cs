namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Puts the sections of a report together.</summary>
internal static class ReportPage
{
    /// <summary>The sections in their order. Each adds itself to the page, or nothing if it has nothing to say.</summary>
    private static readonly Action<HtmlText, ReportData>[] s_sections =
    [
        SummarySection.AddHead,
        ComparisonSection.Add,
        CurveSection.Add,
        GallerySection.Add,
        EpsilonSection.Add,
        HistogramSection.Add,
        ClassSection.Add,
        PairSection.Add,
        CoverageSection.Add,
        RegionSection.Add,
        SummarySection.AddMeaning,
        AuditSection.Add,
        ProvenanceSection.Add,
    ];

    /// <summary>The report as an HTML fragment.</summary>
    public static RawHtml Write(ReportData data)
    {
        var page = new HtmlText();
        page.Add($"<div class=\"gloro-report\" lang=\"en\">\n<style>\n").Add(new RawHtml(ReportStyle.Css)).Add($"\n");
        Colors(page, data);
        page.Add($"</style>\n<main>\n");
        foreach (Action<HtmlText, ReportData> add in s_sections)
            add(page, data);
        page.Add($"</main>\n</div>\n");

        // Ids and color classes are unique to this report. A line must not break within "ε = ".
        return new(HtmlText.WithOwnIds(page.ToRaw().Html.Replace("ε = ", "ε&#160;=&#160;", StringComparison.Ordinal)));
    }

    /// <summary>A complete page around a report. Its content security policy forbids fetching or running anything.</summary>
    public static string Document(string title, RawHtml content) => HtmlText.Of($$$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>{{{title}}}</title>
        <style>body{margin:0;background:{{{ReportPalette.Page.Light}}}}
        @media screen and (prefers-color-scheme:dark){body{background:{{{ReportPalette.Page.Dark}}}}}
        @media print{@page{margin:14mm}body{background:none}}</style>
        </head>
        <body>
        {{{content}}}</body>
        </html>

        """).Html;

    private static void Colors(HtmlText page, ReportData data)
    {
        List<(RawHtml Class, (string Light, string Dark) Color)> all = [.. data.Guarantees.Select((one, i) => (Class(i), one.Color))];
        if (data.Comparison is { } comparison)
            all.AddRange([(ComparedClass(0), comparison.Own.Color), (ComparedClass(1), comparison.Other.Color)]);
        foreach (var (name, color) in all)
            page.Add($".gloro-report .{name}{{--c:{color.Light}}}\n");
        page.Add($"@media screen and (prefers-color-scheme:dark){{");
        foreach (var (name, color) in all)
            page.Add($".gloro-report .{name}{{--c:{color.Dark}}}");
        page.Add($"}}\n");
    }

    /// <summary>The CSS class that sets <c>--c</c> to the color of a guarantee.</summary>
    public static RawHtml Class(int guarantee) => new($"{HtmlText.IdPrefix}c{guarantee}");

    /// <summary>The CSS class that sets <c>--c</c> to the color of a side of the comparison: 0 for the report's, 1 for the other.</summary>
    public static RawHtml ComparedClass(int side) => new($"{HtmlText.IdPrefix}x{side}");
}
