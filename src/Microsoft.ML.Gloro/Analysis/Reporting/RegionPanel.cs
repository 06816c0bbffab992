using System.Globalization;
using System.Text;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>One panel: which set is certified at each point under one guarantee at ε. If several are, the smallest is shown.</summary>
internal sealed class RegionPanel
{
    /// <summary>Its size in pixels, with title and axes.</summary>
    public const int Width = 356, Height = 380;

    private const int Left = 46, Top = 30, Side = 306;

    // In pixels, like the lines of a hatching: areas of several classes are often narrower than ten.
    private const double Stripe = 2.2;

    private readonly RegionData data;
    private readonly ResolvedGuarantee guarantee;
    private readonly float epsilon;
    private readonly int place;
    private readonly int[] areas;
    private readonly int[] tops;
    private readonly List<int[]> sets = [[]]; // the set certified in each area; none in area 0

    public RegionPanel(RegionData data, ResolvedGuarantee guarantee, float epsilon, int place)
    {
        (this.data, this.guarantee, this.epsilon, this.place) = (data, guarantee, epsilon, place);
        (areas, tops) = (new int[data.Logits.Length], new int[data.Logits.Length]);
        var known = new Dictionary<string, int>();
        int[] order = new int[guarantee.ClassCount];
        for (int i = 0; i < areas.Length; i++)
        {
            bool isFinite = Certificate.TryOrder(data.Logits[i], order);
            tops[i] = isFinite ? order[0] : -1;
            int k = isFinite ? Certificate.Evaluate(guarantee, order, data.Radii[i], epsilon).TightestK : 0;
            if (k == 0)
                continue;
            int[] set = [.. order.Take(k).Order()];
            string key = string.Join(',', set);
            if (!known.TryGetValue(key, out areas[i]))
            {
                known[key] = areas[i] = sets.Count;
                sets.Add(set);
            }
        }
    }

    /// <summary>The share of the square where a set is certified.</summary>
    public double CertifiedShare => areas.Count(area => area > 0) / (double)areas.Length;

    public string Name => GuaranteeNames.Of(guarantee.Guarantee);

    /// <summary>Whether a set of several classes is certified somewhere.</summary>
    public bool HasSets => sets.Any(set => set.Length > 1);

    /// <summary>Adds the panel as an SVG element.</summary>
    /// <param name="page">The page to add to.</param>
    /// <param name="position">Attributes for its position in an enclosing SVG; empty if it stands alone.</param>
    public void Add(HtmlText page, RawHtml position)
    {
        int n = data.Resolution;
        double scale = Side / data.Square.Side;
        page.Add($"<svg{position} class=\"gloro-regions\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Decision regions, ")
            .Add($"{Name} at ε = {epsilon:0.####}: a set of classes is certified in {ReportNumbers.Percent(CertifiedShare)} of the ")
            .Add($"square\">\n");
        page.Add($"<text class=\"title\" x=\"{Left}\" y=\"16\">{Name}: {ReportNumbers.Percent(CertifiedShare)} of the area certified")
            .Add($"</text>\n");
        page.Add($"<defs>");
        for (int area = 1; area < sets.Count; area++)
            Pattern(page, area);
        page.Add($"</defs>\n<g transform=\"translate({Left} {Top})\">\n<rect class=\"open\" width=\"{Side}\" height=\"{Side}\"/>\n");
        page.Add($"<svg width=\"{Side}\" height=\"{Side}\" viewBox=\"0 0 {n} {n}\" preserveAspectRatio=\"none\">\n");
        for (int area = 1; area < sets.Count; area++)
            page.Add($"<path class=\"mark{new RawHtml(sets[area].Length == 1 ? $" k{sets[area][0] % 8}" : "")}\"{Fill(area)} ")
                .Add($"shape-rendering=\"crispEdges\" d=\"{Rectangles(area)}\"/>\n");
        page.Add($"<path class=\"edge\" d=\"{Boundary()}\"/>\n");
        page.Add($"</svg>\n");
        foreach (RegionPoint point in data.Points)
            page.Add($"<circle class=\"point{new RawHtml(point.Class >= 0 ? $" k{point.Class % 8}" : " hollow")}\" ")
                .Add($"cx=\"{(point.X - data.Square.X) * scale:0.#}\" cy=\"{Side - ((point.Y - data.Square.Y) * scale):0.#}\" r=\"2.6\"/>");
        page.Add($"\n");
        for (int area = 1; area < sets.Count; area++)
            Label(page, area);
        Scale(page, scale);
        Axes(page, scale);
        page.Add($"</g>\n</svg>\n");
    }

    private RawHtml Fill(int area) => new(sets[area].Length == 1 ? "" : $" fill=\"url(#{Id(area)})\"");

    private string Id(int area) => string.Create(CultureInfo.InvariantCulture, $"{HtmlText.IdPrefix}r{place}-{area}");

    // Stripes in the colors of the classes of a set.
    private void Pattern(HtmlText page, int area)
    {
        int[] set = sets[area];
        if (set.Length == 1)
            return;
        double stripe = Stripe / Side * data.Resolution;
        page.Add($"<pattern id=\"{new RawHtml(Id(area))}\" patternUnits=\"userSpaceOnUse\" width=\"{stripe * set.Length:0.##}\" ")
            .Add($"height=\"{stripe * set.Length:0.##}\" patternTransform=\"rotate(45)\">");
        for (int i = 0; i < set.Length; i++)
            page.Add($"<rect class=\"k{set[i] % 8}\" x=\"{i * stripe:0.##}\" width=\"{stripe + 0.05:0.##}\" ")
                .Add($"height=\"{stripe * set.Length:0.##}\"/>");
        page.Add($"</pattern>");
    }

    // Merges runs of cells; equal runs in consecutive lines form one rectangle.
    private RawHtml Rectangles(int area)
    {
        int n = data.Resolution;
        var path = new StringBuilder();
        var open = new Dictionary<(int X, int Length), int>(); // with the line where each begins
        for (int y = 0; y <= n; y++)
        {
            var runs = new HashSet<(int X, int Length)>();
            for (int x = 0; y < n && x < n; x++)
            {
                int begin = x;
                while (x < n && areas[(y * n) + x] == area)
                    x++;
                if (x > begin)
                    runs.Add((begin, x - begin));
            }

            foreach (var (run, line) in open.Where(one => !runs.Contains(one.Key)).OrderBy(one => one.Key.X).ToList())
            {
                path.Append(CultureInfo.InvariantCulture, $"M{run.X} {line}h{run.Length}v{y - line}h-{run.Length}z");
                open.Remove(run);
            }

            foreach (var run in runs)
                open.TryAdd(run, y);
        }

        return new(path.ToString());
    }

    // Edges between cells with different predictions.
    private RawHtml Boundary()
    {
        int n = data.Resolution;
        var path = new StringBuilder();
        for (int y = 0; y < n; y++)
        {
            for (int x = 0; x < n; x++)
            {
                if (x + 1 < n && tops[(y * n) + x] != tops[(y * n) + x + 1])
                    path.Append(CultureInfo.InvariantCulture, $"M{x + 1} {y}v1");
                if (y + 1 < n && tops[(y * n) + x] != tops[((y + 1) * n) + x])
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y + 1}h1");
            }
        }

        return new(path.ToString());
    }

    // Places the name where an area has the most room. Areas without room get no name; the key lists them.
    private void Label(HtmlText page, int area)
    {
        int n = data.Resolution;
        var room = new int[n * n];
        for (int i = 0; i < room.Length; i++)
        {
            bool isEdge = i < n || i % n == 0 || areas[i] != area;
            room[i] = areas[i] != area ? 0 : isEdge ? 1 : 1 + Math.Min(room[i - 1], Math.Min(room[i - n], room[i - n - 1]));
        }

        // room holds the largest square that ends at each cell; the name goes to the center of the largest one.
        int best = Array.IndexOf(room, room.Max());
        double size = (double)room[best] / n * Side;
        string text = string.Join(" or ", sets[area].Select(index => data.Model.ClassNames[index]));
        if (size < 13 || text.Length * 6.2 > Math.Max(size * 2, 60))
            return;
        double x = ((best % n) + 1 - (room[best] / 2.0)) / n * Side, y = ((best / n) + 1 - (room[best] / 2.0)) / n * Side;
        x = Math.Clamp(x, (text.Length * 3.1) + 3, Side - (text.Length * 3.1) - 3);
        page.Add($"<text class=\"name\" x=\"{x:0.#}\" y=\"{y + 4:0.#}\" text-anchor=\"middle\">{text}</text>\n");
    }

    // ε as a circle on a plate of its own: lines and points of the drawing would strike it out.
    private void Scale(HtmlText page, double scale)
    {
        // A feature that cannot change leaves a line, which an ellipse of no width would not draw.
        float[]? tolerances = data.Model.GloroModel.Network.Metric?.Tolerances;
        double radius = epsilon * scale * (tolerances?[0] ?? 1), high = epsilon * scale * (tolerances?[1] ?? 1);
        if (Math.Max(radius, high) is < 1 or > 60)
            return;
        (radius, high) = (Math.Max(radius, 0.5), Math.Max(high, 0.5));
        string text = FormattableString.Invariant($"ε = {epsilon:0.####}");
        double height = Math.Max(20, (2 * high) + 8), width = (2 * radius) + (7.2 * text.Length) + 18;
        double middle = Side - (height / 2);
        page.Add($"<rect class=\"page\" x=\"{Side - width:0.#}\" y=\"{Side - height:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\"/>")
            .Add($"<ellipse class=\"ball\" cx=\"{Side - radius - 6:0.#}\" cy=\"{middle:0.#}\" rx=\"{radius:0.##}\" ry=\"{high:0.##}\"/>")
            .Add($"<text class=\"name\" x=\"{Side - (2 * radius) - 11:0.#}\" y=\"{middle + 4:0.#}\" text-anchor=\"end\">{text}</text>\n");
    }

    private void Axes(HtmlText page, double scale)
    {
        page.Add($"<rect class=\"frame\" width=\"{Side}\" height=\"{Side}\"/>\n");
        double step = Math.Pow(10, Math.Floor(Math.Log10(data.Square.Side)));
        step *= data.Square.Side / step < 2 ? 0.25 : data.Square.Side / step < 5 ? 0.5 : 1;
        for (double at = Math.Ceiling(data.Square.X / step) * step; at <= data.Square.X + data.Square.Side; at += step)
            page.Add($"<text x=\"{(at - data.Square.X) * scale:0.#}\" y=\"{Side + 16}\" text-anchor=\"middle\">")
                .Add($"{Math.Round(at / step) * step:0.####}</text>");
        for (double at = Math.Ceiling(data.Square.Y / step) * step; at <= data.Square.Y + data.Square.Side; at += step)
            page.Add($"<text x=\"-6\" y=\"{Side - ((at - data.Square.Y) * scale) + 4:0.#}\" text-anchor=\"end\">")
                .Add($"{Math.Round(at / step) * step:0.####}</text>");
        page.Add($"\n<text x=\"{Side}\" y=\"{Side + 34}\" text-anchor=\"end\">{data.Names.X}</text>")
            .Add($"<text transform=\"translate(-34 0) rotate(-90)\" text-anchor=\"end\">{data.Names.Y}</text>\n");
    }
}
