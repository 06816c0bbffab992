using System.Globalization;
using System.Net;
using System.Text;

namespace Experiments;

/// <summary>
/// Draws <see cref="SharedSets"/> as a heat map in SVG: a row for each true class, a column for each class in its certified sets.
/// </summary>
internal static class SharedSetsFigure
{
    /// <summary>The picture, with the most frequent pairs in words below.</summary>
    /// <param name="sets">What to draw.</param>
    /// <param name="order">The classes from top to bottom and left to right.</param>
    /// <param name="title">What is shown.</param>
    public static string Draw(SharedSets sets, IReadOnlyList<int> order, string title)
    {
        int n = order.Count, cell = n <= 20 ? 36 : 8, left = n <= 20 ? 160 : 90, top = n <= 20 ? 200 : 110, side = n * cell,
            font = n <= 20 ? 13 : 7;
        var pairs = sets.Pairs().Take(8).Where(pair => pair.Share > 0).ToList();
        int width = Math.Max(left + side + 40, 600), height = top + side + 50 + (18 * pairs.Count);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" "
            + $"width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture,
            $"<title>{Text(title)}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"20\" font-size=\"14\" "
            + $"font-weight=\"bold\">{Text(title)}</text>\n<text x=\"10\" y=\"38\" font-size=\"12\">in % of the images of the row's "
            + $"class</text>\n");
        for (int i = 0; i < n; i++)
        {
            string name = Text(sets.Classes[order[i]]);
            double middle = (i + 0.5) * cell;
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{left - 4}\" y=\"{top + middle + (font / 3.0):F1}\" font-size=\"{font}\" text-anchor=\"end\">{name}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate({left + middle + (font / 3.0):F1} {top - 4}) "
                + $"rotate(-60)\" font-size=\"{font}\">{name}</text>\n");
            for (int j = 0; j < n; j++)
                Cell(svg, sets, order[i], order[j], left + (j * cell), top + (i * cell), cell, figures: n <= 20);
        }

        svg.Append(CultureInfo.InvariantCulture,
            $"<rect x=\"{left}\" y=\"{top}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"#888\"/>\n");
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"10\" y=\"{top + side + 30}\" font-size=\"13\">Most often in one certified set:</text>\n");
        for (int i = 0; i < pairs.Count; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"24\" y=\"{top + side + 48 + (18 * i)}\" "
                + $"font-size=\"13\">{Text(pairs[i].First)} and {Text(pairs[i].Second)}: {pairs[i].Share:P1} of their images</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    private static void Cell(StringBuilder svg, SharedSets sets, int label, int other, int x, int y, int size, bool figures)
    {
        double share = sets.Share(label, other);
        // Single images of a hundred would be all over a large picture.
        if (share < (figures ? 0.005 : 0.015))
            return;
        // The diagonal, which is not the point of the picture, in gray. A square root shows rare pairs too.
        int light = (int)(255 - (200 * Math.Sqrt(share)));
        string fill = label == other ? $"rgb({light},{light},{light})" : $"rgb({light},{(light + 255) / 2},255)";
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{size}\" height=\"{size}\" "
            + $"fill=\"{fill}\"><title>{Text(sets.Classes[label])}: {share:P1} of the certified sets hold "
            + $"{Text(sets.Classes[other])}</title></rect>\n");
        if (figures)
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + (size / 2)}\" y=\"{y + (size / 2) + 4}\" font-size=\"11\" "
                + $"text-anchor=\"middle\" fill=\"{(share > 0.5 && label == other ? "#fff" : "#000")}\">{100 * share:F0}</text>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
