namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The gallery: rows with their certified label sets, as figures in papers show them.</summary>
internal static class GallerySection
{
    public static void Add(HtmlText page, ReportData data)
    {
        if (data.Gallery.Count == 0)
            return;
        bool hasImages = data.Gallery.Any(group => group.Rows.Any(row => row.Picture is not null));
        page.Add($"<section>\n<h2>{(hasImages ? "Images and what is proved of them" : "Rows and what is proved of them")}</h2>\n");
        page.Add($"<p class=\"note\">Chosen by their number in the data, from different classes where possible, not by their looks. A ")
            .Add($"radius is the {(data.Tolerances is null ? "L2 distance" : "distance, in tolerances,")} within which the set cannot ")
            .Add($"change, also as a multiple of ε. The tightest set that holds at ε comes first, then the loosest.</p>\n");
        foreach (var group in data.Gallery)
        {
            page.Add($"<h3>{Title(group.Kind)}</h3>\n<p class=\"note\">{ReportNumbers.Count(group.Count)} {data.Rows}, ")
                .Add($"{ReportNumbers.Percent((double)group.Count / data.RowCount)}</p>\n");
            if (group.Rows.Count == 0)
                continue;
            page.Add($"<ul class=\"gallery\">\n");
            foreach (GalleryRow row in group.Rows)
                Card(page, data, row);
            page.Add($"</ul>\n");
        }

        page.Add($"</section>\n");
    }

    private static string Title(GalleryKind kind) => kind switch
    {
        GalleryKind.Relaxed => "A set is proved, no single class",
        GalleryKind.Local => "A single class is proved",
        _ => "Nothing is proved",
    };

    private static void Card(HtmlText page, ReportData data, GalleryRow row)
    {
        page.Add($"<li>");
        Image(page, data, row.Number, row.Name, row.Label, row.Picture);
        page.Add($"<div class=\"chips\">");
        if (row.CertifiedK == 0)
            page.Add($"<span class=\"nothing\">nothing proved</span>");
        for (int i = 0; i < row.CertifiedK; i++)
            page.Add($"<span>{HtmlText.Name(row.Order[i])}</span>");
        page.Add($"</div>");
        if (row.Group.Length > 0)
            page.Add($"<b>{HtmlText.Name(row.Group)}</b> ");
        page.Add(row.CertifiedK > 0
            ? (FormattableString)$"<span class=\"soft\">within {Radius(data, row.Radius)}</span>"
            : (FormattableString)$"<span class=\"soft\">predicted {HtmlText.Name(row.Order[0])}, radius {Radius(data, row.Radius)}</span>");
        if (row.LoosestK > row.CertifiedK)
            page.Add($" <span class=\"soft\">and {HtmlText.Name(string.Join(", ", row.Order.Take(row.LoosestK)))} within ")
                .Add($"{Radius(data, row.LoosestRadius)}</span>");
        if (row.Label is { } label)
        {
            RawHtml name = HtmlText.Name(label);
            page.Add(row.CertifiedK == 0 ? (FormattableString)$"<span class=\"soft\">label {name}</span>"
                : row.Order.Take(row.CertifiedK).Contains(label) ? (FormattableString)$"<span class=\"yes\">✓ label {name}</span>"
                : row.Order.Take(row.LoosestK).Contains(label)
                ? (FormattableString)$"<span class=\"soft\">label {name}, in the larger set only</span>"
                : (FormattableString)$"<span class=\"no\">✗ label {name}, not in it</span>");
        }

        page.Add($" {Caption(data, row.Number, row.Name)}</li>\n");
    }

    /// <summary>The image of a row, if there is one.</summary>
    public static void Image(HtmlText page, ReportData data, long number, string? name, string? label, RowPicture? picture)
    {
        if (picture is null)
            return;
        string text = $"{Name(data, number, name)}{(label is null ? "" : $", labeled {label}")}";
        page.Add($"<img alt=\"{text}\" src=\"data:image/png;base64,{Convert.ToBase64String(picture.Png)}\">");
    }

    /// <summary>What a row is called: the name of its file, or its number in the data.</summary>
    public static string Name(ReportData data, long number, string? name) => name ?? FormattableString.Invariant($"{data.Row} {number}");

    /// <summary>The name below a row's image; a row with a file name shows its number under the pointer.</summary>
    public static RawHtml Caption(ReportData data, long number, string? name) => name is null
        ? HtmlText.Of($"<span class=\"soft\">{Name(data, number, name)}</span>")
        : HtmlText.Of($"<span class=\"soft\" title=\"{data.Row} {number} of the data, counted from 0\">{HtmlText.Name(name)}</span>");

    // Beside ε: a radius of 4.4 ε says more than one of 159/255.
    private static string Radius(ReportData data, float radius) => data.Epsilon > 0 && radius > 0
        ? FormattableString.Invariant($"{ReportNumbers.Radius(radius)} ({ReportNumbers.Multiple(radius, data.Epsilon)}\u00a0ε)")
        : ReportNumbers.Radius(radius);
}
