namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Draws a chart over ε: panels of one SVG, each with some curves. The page holds each path once, exact to a tenth of a pixel; the wide and
/// the narrow chart both use it.
/// </summary>
internal static class CurveChart
{
    // Attributes rather than CSS: contextual selectors do not apply to a path where it is referenced by use.
    private static readonly RawHtml s_stroke =
        new("fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" vector-effect=\"non-scaling-stroke\"");

    /// <summary>Adds the paths, and the chart in both layouts, of which the style sheet shows one.</summary>
    public static void Add(HtmlText page, CurveFigure figure)
    {
        page.Add($"<svg width=\"0\" height=\"0\" style=\"position:absolute;width:0;height:0\" aria-hidden=\"true\" focusable=\"false\">")
            .Add($"<defs>\n");
        for (int panel = 0; panel < figure.Panels.Count; panel++)
        {
            for (int i = 0; i < figure.Panels[panel].Curves.Count; i++)
            {
                ChartCurve curve = figure.Panels[panel].Curves[i];
                page.Add($"<path id=\"{figure.PathId(panel, i)}\" class=\"curve\" {s_stroke} stroke-dasharray=\"{curve.Dash}\" ")
                    .Add($"d=\"{StepPath.Draw(curve.Curve.Radii, figure.Axis.Limit)}\"/>\n");
            }
        }

        page.Add($"</defs></svg>\n<figure>\n");
        Draw(page, figure, ChartLayout.Wide);
        Draw(page, figure, ChartLayout.Narrow);
        page.Add($"</figure>\n");
    }

    /// <summary>Draws tick marks along the bottom of a plot area.</summary>
    public static void Ticks(HtmlText page, EpsilonAxis axis, int width, int height)
    {
        foreach (EpsilonTick tick in axis.Ticks)
        {
            double x = width * tick.Epsilon / axis.Limit;
            // The last label must not extend beyond the edge.
            var (at, anchor) = x > width - 20 ? (width + 8.0, "end") : (x, "middle");
            page.Add($"<path class=\"axis\" d=\"M{x:0.#} {height}v4\"/><text x=\"{at:0.#}\" y=\"{height + 17}\" text-anchor=\"{anchor}\">")
                .Add($"{tick.Text}</text>");
            if (tick.Below.Length > 0)
                page.Add($"<text x=\"{at:0.#}\" y=\"{height + 31}\" text-anchor=\"{anchor}\" style=\"font-size:10.5px\">{tick.Below}")
                    .Add($"</text>");
            page.Add($"\n");
        }

        int title = height + (axis.Ticks.Any(tick => tick.Below.Length > 0) ? 48 : 36);
        page.Add($"<text x=\"{width}\" y=\"{title}\" text-anchor=\"end\">{axis.Title}</text>\n");
    }

    /// <summary>Marks the report's ε in a plot area, if it lies on the axis.</summary>
    public static void MarkEpsilon(HtmlText page, EpsilonAxis axis, float epsilon, int width, int height)
    {
        if (!(epsilon > 0 && epsilon <= axis.Limit))
            return;
        double x = width * epsilon / axis.Limit;
        page.Add($"<path class=\"at\" d=\"M{x:0.#} {height}V-3\"/><text class=\"strong\" x=\"{x + 4:0.#}\" y=\"-3\" ")
            .Add($"style=\"font-size:11px\">ε = {ReportNumbers.Epsilon(epsilon)}</text>\n");
    }

    private static void Draw(HtmlText page, CurveFigure figure, ChartLayout layout)
    {
        RawHtml title = figure.Id($"t{layout.Class[..1]}"), text = figure.Id($"d{layout.Class[..1]}");
        page.Add($"<svg class=\"{layout.Class} curves\" viewBox=\"0 0 {layout.Width} {layout.HeightOf(figure.Panels.Count)}\" ")
            .Add($"role=\"img\" aria-labelledby=\"{title} {text}\">\n")
            .Add($"<title id=\"{title}\">{figure.Title}</title><desc id=\"{text}\">{figure.Description}</desc>\n");
        for (int i = 0; i < figure.Panels.Count; i++)
            Panel(page, figure, i, layout, i == 0 ? (ChartLayout.Left, ChartLayout.Top) : layout.Second);
        page.Add($"</svg>\n");
    }

    private static void Panel(HtmlText page, CurveFigure figure, int number, ChartLayout layout, (int X, int Y) corner)
    {
        CurvePanel panel = figure.Panels[number];
        int width = layout.PanelWidth, height = layout.PanelHeight;
        double Y(double share) => height * (1 - share);
        page.Add($"<g transform=\"translate({corner.X} {corner.Y})\">\n<text class=\"title\" x=\"{-ChartLayout.Left}\" y=\"-18\">")
            .Add($"{panel.Title}</text>\n");
        foreach (int percent in new[] { 0, 25, 50, 75, 100 })
        {
            page.Add($"<path class=\"{(percent == 0 ? "axis" : "grid")}\" d=\"M0 {Y(percent / 100.0):0.#}h{width}\"/>")
                .Add($"<text x=\"-8\" y=\"{Y(percent / 100.0) + 4:0.#}\" text-anchor=\"end\">{percent}</text>\n");
        }

        Ticks(page, figure.Axis, width, height);
        MarkEpsilon(page, figure.Axis, figure.Epsilon, width, height);
        foreach (var (_, share) in panel.Levels)
            page.Add($"<path class=\"clean\" d=\"M0 {Y(share):0.##}H{width}\"/>\n");

        page.Add($"<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {StepPath.Width} {StepPath.Height}\" ")
            .Add($"preserveAspectRatio=\"none\">\n");
        for (int i = panel.Curves.Count - 1; i >= 0; i--)
            page.Add($"<use href=\"#{figure.PathId(number, i)}\" class=\"{panel.Curves[i].Class}\" style=\"stroke:var(--c)\"/>\n");
        page.Add($"</svg>\n");
        foreach (ChartCurve curve in figure.Epsilon <= figure.Axis.Limit ? panel.Curves : [])
        {
            page.Add($"<circle class=\"dot {curve.Class}\" style=\"fill:var(--c)\" ")
                .Add($"cx=\"{width * figure.Epsilon / figure.Axis.Limit:0.##}\" cy=\"{Y(curve.AtEpsilon):0.##}\" r=\"4\"/>\n");
        }

        CurveLabels.Add(page, panel, figure.Axis, width, height);
        CurveProbes.Add(page, panel, figure.Axis, layout);
        page.Add($"</g>\n");
    }
}
