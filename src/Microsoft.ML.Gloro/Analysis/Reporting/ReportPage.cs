namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Puts the sections of a report together.</summary>
internal static class ReportPage
{
    /// <summary>The report as an HTML fragment.</summary>
    public static RawHtml Write(ReportData data, IDataView scored)
    {
        var page = new HtmlText();
        page.Add($"<div class=\"gloro-report\" lang=\"en\">\n<style>\n").Add(new RawHtml(ReportStyle.Css)).Add($"\n");
        Colors(page, data);
        page.Add($"</style>\n<main>\n");
        SummarySection.AddHead(page, data);
        CurveSection.Add(page, data);
        GallerySection.Add(page, data);
        HistogramSection.Add(page, data);
        ClassSection.Add(page, data);
        PairSection.Add(page, data);
        CoverageSection.Add(page, data);
        RegionSection.Add(page, data, scored);
        SummarySection.AddMeaning(page, data);
        AuditSection.Add(page, data);
        ProvenanceSection.Add(page, data);
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
        <style>body{margin:0;background:#fcfcfa}@media (prefers-color-scheme:dark){body{background:#12161a}}</style>
        </head>
        <body>
        {{{content}}}</body>
        </html>

        """).Html;

    private static void Colors(HtmlText page, ReportData data)
    {
        for (int i = 0; i < data.Guarantees.Count; i++)
            page.Add($".gloro-report .{Class(i)}{{--c:{data.Guarantees[i].Color.Light}}}\n");
        page.Add($"@media (prefers-color-scheme:dark){{");
        for (int i = 0; i < data.Guarantees.Count; i++)
            page.Add($".gloro-report .{Class(i)}{{--c:{data.Guarantees[i].Color.Dark}}}");
        page.Add($"}}\n");
    }

    /// <summary>The CSS class that sets <c>--c</c> to the color of a guarantee.</summary>
    public static RawHtml Class(int guarantee) => new($"{HtmlText.IdPrefix}c{guarantee}");
}
