using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// VRA and clean accuracy, and the share of certified rows, over ε: two panels of one SVG with a curve for each guarantee. The curves' paths stand once in the page, exact to a tenth of a pixel, and are used
/// by the wide chart and the narrow one.
/// </summary>
internal static class CurveChart
{
    private const int LabelStep = 17, LabelWidth = 62;

    // As attributes: styles that depend on what is around a path do not reach where it is used.
    private static readonly RawHtml s_stroke = new("fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" vector-effect=\"non-scaling-stroke\"");

    /// <summary>The paths, for both charts.</summary>
    public static void AddPaths(HtmlText page, ReportData data)
    {
        page.Add($"<svg width=\"0\" height=\"0\" style=\"position:absolute;width:0;height:0\" aria-hidden=\"true\" focusable=\"false\"><defs>\n");
        for (int i = 0; i < data.Guarantees.Count; i++)
        {
            GuaranteeFindings one = data.Guarantees[i];
            if (data.HasLabels)
                page.Add($"<path id=\"{Id("v", i)}\" class=\"curve\" {s_stroke} d=\"{StepPath.Draw(one.Metrics.CertifiedAccuracyCurve.Radii, data.Axis.Limit)}\"/>\n");
            page.Add($"<path id=\"{Id("f", i)}\" class=\"curve\" {s_stroke} d=\"{StepPath.Draw(one.Certified.Radii, data.Axis.Limit)}\"/>\n");
        }

        page.Add($"</defs></svg>\n");
    }

    public static void Add(HtmlText page, ReportData data, ChartLayout layout, string description)
    {
        RawHtml title = Id("t" + layout.Class[..1], 0), text = Id("d" + layout.Class[..1], 0);
        int height = data.HasLabels ? layout.Height : layout.Second.X > ChartLayout.Left ? layout.Height : layout.Second.Y - 20;
        page.Add($"<svg class=\"{layout.Class} curves\" viewBox=\"0 0 {layout.Width} {height}\" role=\"img\" aria-labeledby=\"{title} {text}\">\n");
        page.Add($"<title id=\"{title}\">What is proved at every ε</title><desc id=\"{text}\">{description}</desc>\n");
        if (data.HasLabels)
            Panel(page, data, layout, (ChartLayout.Left, ChartLayout.Top), "VRA: certified and right", "v", one => one.Metrics.CertifiedAccuracyCurve, one => one.Metrics.VerifiedRobustAccuracy);
        Panel(page, data, layout, data.HasLabels ? layout.Second : (ChartLayout.Left, ChartLayout.Top), "Certified, right or wrong", "f", one => one.Certified, one => one.Metrics.CertifiedFraction);
        page.Add($"</svg>\n");
    }

    private static void Panel(HtmlText page, ReportData data, ChartLayout layout, (int X, int Y) corner, string title, string kind, Func<GuaranteeFindings, CertifiedAccuracyCurve> curve, Func<GuaranteeFindings, double> atEpsilon)
    {
        int width = layout.PanelWidth, height = layout.PanelHeight;
        double X(double epsilon) => width * epsilon / data.Axis.Limit;
        double Y(double share) => height * (1 - share);
        page.Add($"<g transform=\"translate({corner.X} {corner.Y})\">\n<text class=\"title\" x=\"{-ChartLayout.Left}\" y=\"-18\">{title}, % of {data.Rows}</text>\n");
        foreach (int percent in new[] { 0, 25, 50, 75, 100 })
        {
            page.Add($"<path class=\"{(percent == 0 ? "axis" : "grid")}\" d=\"M0 {Y(percent / 100.0):0.#}h{width}\"/><text x=\"-8\" y=\"{Y(percent / 100.0) + 4:0.#}\" text-anchor=\"end\">{percent}</text>\n");
        }

        Ticks(page, data.Axis, width, height);
        if (data.Epsilon > 0 && data.Epsilon <= data.Axis.Limit)
        {
            page.Add($"<path class=\"at\" d=\"M{X(data.Epsilon):0.#} {height}V-3\"/><text class=\"strong\" x=\"{X(data.Epsilon) + 4:0.#}\" y=\"-3\" style=\"font-size:11px\">ε = {ReportNumbers.Epsilon(data.Epsilon)}</text>\n");
        }

        if (kind == "v")
        {
            double clean = data.Main.Metrics.CleanAccuracy;
            page.Add($"<path class=\"clean\" d=\"M0 {Y(clean):0.##}H{width}\"><title>clean accuracy {ReportNumbers.Percent(clean)}</title></path>\n");
        }

        page.Add($"<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {StepPath.Width} {StepPath.Height}\" preserveAspectRatio=\"none\">\n");
        for (int i = data.Guarantees.Count - 1; i >= 0; i--)
            page.Add($"<use href=\"#{Id(kind, i)}\" class=\"{ReportPage.Class(i)}\" style=\"stroke:var(--c)\"/>\n");
        page.Add($"</svg>\n");
        for (int i = 0; i < data.Guarantees.Count; i++)
        {
            if (data.Epsilon <= data.Axis.Limit)
                page.Add($"<circle class=\"dot {ReportPage.Class(i)}\" style=\"fill:var(--c)\" cx=\"{X(data.Epsilon):0.##}\" cy=\"{Y(atEpsilon(data.Guarantees[i])):0.##}\" r=\"4\"><title>{data.Guarantees[i].Name} at ε = {ReportNumbers.Epsilon(data.Epsilon)}: {ReportNumbers.Percent(atEpsilon(data.Guarantees[i]))}</title></circle>\n");
        }

        Labels(page, data, width, height, kind, curve);
        page.Add($"</g>\n");
    }

    /// <summary>Marks along the bottom of an area.</summary>
    public static void Ticks(HtmlText page, EpsilonAxis axis, int width, int height)
    {
        foreach (EpsilonTick tick in axis.Ticks)
        {
            double x = width * tick.Epsilon / axis.Limit;
            // The last one must not reach over the edge.
            var (at, anchor) = x > width - 20 ? (width + 8.0, "end") : (x, "middle");
            page.Add($"<path class=\"axis\" d=\"M{x:0.#} {height}v4\"/><text x=\"{at:0.#}\" y=\"{height + 17}\" text-anchor=\"{anchor}\">{tick.Text}</text>");
            if (tick.Below.Length > 0)
                page.Add($"<text x=\"{at:0.#}\" y=\"{height + 31}\" text-anchor=\"{anchor}\" style=\"font-size:10.5px\">{tick.Below}</text>");
            page.Add($"\n");
        }

        page.Add($"<text x=\"{width}\" y=\"{height + 48}\" text-anchor=\"end\">{axis.Title}</text>\n");
    }

    /// <summary>
    /// The names of the curves, where the area is empty: curves fall to the right, so it is so at the top right. Each name has a line to its curve, and they stand in the order in which a horizontal
    /// line meets them from the right.
    /// </summary>
    private static void Labels(HtmlText page, ReportData data, int width, int height, string kind, Func<GuaranteeFindings, CertifiedAccuracyCurve> curve)
    {
        (string Name, RawHtml Class, double X, double Y)[] names =
        [
            .. data.Guarantees.Select((one, i) => (one, i)).OrderByDescending(pair => Where(curve(pair.one), 0.5)).ThenByDescending(pair => pair.i).Select((pair, place) =>
            {
                // The curve at the height of the name, or a little below its beginning where it begins lower.
                CertifiedAccuracyCurve of = curve(pair.one);
                double y = Line(data, kind, height) + (LabelStep * place), level = Math.Min(1 - (y / height), 0.9 * of.At(0));
                double x = Math.Min(width, width * Where(of, level) / data.Axis.Limit);
                return (pair.one.Name, ReportPage.Class(pair.i), x, height * (1 - level));
            }),
        ];
        double left = Math.Max(width - LabelWidth, Math.Min(names.Max(name => name.X) + 16, width - LabelWidth));
        for (int i = 0; i < names.Length; i++)
        {
            double y = Line(data, kind, height) + (LabelStep * i);
            page.Add($"<path class=\"lead-line\" d=\"M{names[i].X + 2:0.#} {names[i].Y:0.#}L{left - 3:0.#} {y:0.#}\"/><path class=\"{names[i].Class}\" style=\"stroke:var(--c)\" stroke-width=\"3\" d=\"M{left:0.#} {y:0.#}h10\"/><text class=\"strong\" x=\"{left + 14:0.#}\" y=\"{y + 4:0.#}\">{names[i].Name}</text>\n");
        }

        if (kind == "v")
        {
            double clean = height * (1 - data.Main.Metrics.CleanAccuracy);
            page.Add($"<text class=\"strong\" x=\"{width}\" y=\"{(clean > 16 ? clean - 6 : clean + 15):0.#}\" text-anchor=\"end\">clean accuracy {ReportNumbers.Percent(data.Main.Metrics.CleanAccuracy)}</text>\n");
        }
    }

    // Below the line of clean accuracy, or near the top.
    private static double Line(ReportData data, string kind, int height) => kind != "v" ? 24 : Math.Min(height * 0.55, Math.Max(24, (height * (1 - data.Main.Metrics.CleanAccuracy)) + 30));

    // The ε at which a curve falls to a level or below.
    private static double Where(CertifiedAccuracyCurve curve, double level)
    {
        ReadOnlySpan<float> radii = curve.Radii;
        return radii[Math.Clamp((int)Math.Ceiling(radii.Length * (1 - level)) - 1, 0, radii.Length - 1)];
    }

    private static RawHtml Id(string kind, int number) => new(string.Create(CultureInfo.InvariantCulture, $"{HtmlText.IdPrefix}{kind}{number}"));
}
