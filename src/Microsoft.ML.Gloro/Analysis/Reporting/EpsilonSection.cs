namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section that shows what a change of length ε looks like on images of the gallery.</summary>
internal static class EpsilonSection
{
    private const int Scale = 10;

    public static void Add(HtmlText page, ReportData data)
    {
        // One row of each kind in the gallery; the images are known at the size of the network's input only if the model is.
        List<(GalleryRow Row, ImageWindow Image)> shown = [];
        foreach (GalleryRow? first in data.Gallery.Select(group => group.Rows.Count > 0 ? group.Rows[0] : null))
        {
            if (first?.Picture?.Window is { } window)
                shown.Add((first, window));
        }

        if (shown.Count == 0 || !(data.Epsilon > 0))
            return;
        page.Add($"<section>\n<h2>What ε looks like, on these images</h2>\n");
        ImageWindow image = shown[0].Image;
        if (ImageChange.Square(image, data.Epsilon) is not { } square || ImageChange.Spread(image, data.Epsilon) is not { } spread)
        {
            string why = ImageChange.SquaredLevels(data.Epsilon) < 1 ? "less than one of 255 levels in a single color of a single pixel"
                : "more than an image of this size can change by";
            page.Add($"<p class=\"note\">ε = {ReportNumbers.EpsilonInFull(data.Epsilon)} is {why}: no picture can show it.</p>\n")
                .Add($"</section>\n");
            return;
        }

        Explain(page, data, image, square, spread);
        bool hasMore = ImageChange.Spread(image, Scale * data.Epsilon) is not null;
        page.Add($"<table class=\"strip\">\n<thead><tr><th scope=\"col\">{(image.IsWhole ? "the image" : "its middle")}</th>")
            .Add($"<th scope=\"col\">ε in a square</th><th scope=\"col\">ε spread out</th>")
            .Add($"{new RawHtml(hasMore ? $"<th scope=\"col\">{Scale} ε spread out</th>" : "")}</tr></thead>\n<tbody>\n");
        foreach (var (row, window) in shown)
        {
            ChangedImage?[] changes = [ImageChange.Square(window, data.Epsilon), ImageChange.Spread(window, data.Epsilon),
                hasMore ? ImageChange.Spread(window, Scale * data.Epsilon) : null];
            page.Add($"<tr><td>{Picture(window, window.Planes, GallerySection.Name(data, row.Number, row.Name))}")
                .Add($"{GallerySection.Caption(data, row.Number, row.Name)}</td>");
            foreach (ChangedImage change in changes.OfType<ChangedImage>())
                page.Add($"<td>{Picture(window, change.Planes, Title(change, window))}</td>");
            page.Add($"</tr>\n");
        }

        page.Add($"</tbody>\n</table>\n</section>\n");
    }

    private static void Explain(HtmlText page, ReportData data, ImageWindow image, ChangedImage square, ChangedImage spread)
    {
        // What a proof speaks of is a length, so the text says how exactly whole levels reach it.
        string length = Math.Abs(square.Length - data.Epsilon) <= 1e-6 * data.Epsilon ? "exactly ε"
            : FormattableString.Invariant($"{square.Length:0.#####}, the nearest below ε that whole levels of 255 give");
        page.Add($"<p class=\"note\">The {(image.IsWhole ? "image" : "middle of the image")} as the network reads it, ")
            .Add($"{image.Width} × {image.Height} pixels, and changed by an L2 length of {length}. In a square: the {square.Side} × ")
            .Add($"{square.Side} pixels in the middle, each color by up to {square.Largest} of 255 levels. Spread out: ")
            .Add($"{ReportNumbers.Count(spread.Values)} of {ReportNumbers.Count(image.Planes.Length)} values, chosen by a fixed hash, by ")
            .Add($"{(spread.Largest == 1 ? "1 level" : $"up to {spread.Largest} levels")} up or down. A change that would leave 0 to 255 ")
            .Add($"goes the other way, so nothing is clipped. What is certified at ε holds for every change of this length or less, ")
            .Add($"these and the most harmful ones alike.</p>\n");
    }

    private static string Title(ChangedImage change, ImageWindow image) => FormattableString.Invariant(
        $"changed by {change.Length:0.####}: {change.Values} of {image.Planes.Length} values by up to {change.Largest} of 255 levels");

    private static RawHtml Picture(ImageWindow image, byte[] planes, string text) => HtmlText.Of(
        $"<img alt=\"{text}\" title=\"{text}\" src=\"data:image/png;base64,",
        $"{Convert.ToBase64String(PngFile.Write(planes, image.Width, image.Height))}\">");
}
