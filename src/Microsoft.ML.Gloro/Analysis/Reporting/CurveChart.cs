using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Charts VRA, clean accuracy and the share of certified rows over ε: two panels of one SVG with a curve for each guarantee. The page holds
/// each path once, exact to a tenth of a pixel; the wide and the narrow chart both use it.
/// </summary>
internal static class CurveChart
{
    private const int LabelStep = 17, LabelWidth = 62;

    // Attributes rather than CSS: contextual selectors do not apply to a path where it is referenced by use.
    private static readonly RawHtml s_stroke =
        new("fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" vector-effect=\"non-scaling-stroke\"");

    /// <summary>The paths, for both charts.</summary>
    public static void AddPaths(HtmlText page, ReportData data)
    {
        page.Add($"<svg width=\"0\" height=\"0\" style=\"position:absolute;width:0;height:0\" aria-hidden=\"true\" focusable=\"false\">")
            .Add($"<defs>\n");
        for (int i = 0; i < data.Guarantees.Count; i++)
        {
            GuaranteeFindings one = data.Guarantees[i];
            if (data.HasLabels)
                page.Add($"<path id=\"{Id("v", i)}\" class=\"curve\" {s_stroke} ")
                    .Add($"d=\"{StepPath.Draw(one.Metrics.CertifiedAccuracyCurve.Radii, data.Axis.Limit)}\"/>\n");
            page.Add($"<path id=\"{Id("f", i)}\" class=\"curve\" {s_stroke} d=\"{StepPath.Draw(one.Certified.Radii, data.Axis.Limit)}\"/>")
                .Add($"\n");
        }

        page.Add($"</defs></svg>\n");
    }

    public static void Add(HtmlText page, ReportData data, ChartLayout layout, string description)
    {
        RawHtml title = Id("t" + layout.Class[..1], 0), text = Id("d" + layout.Class[..1], 0);
        int height = data.HasLabels ? layout.Height : layout.Second.X > ChartLayout.Left ? layout.Height : layout.Second.Y - 20;
        page.Add($"<svg class=\"{layout.Class} curves\" viewBox=\"0 0 {layout.Width} {height}\" role=\"img\" aria-labeledby=\"{title} ")
            .Add($"{text}\">\n");
        page.Add($"<title id=\"{title}\">What is proved at every ε</title><desc id=\"{text}\">{description}</desc>\n");
        if (data.HasLabels)
            Panel(page, data, layout, (ChartLayout.Left, ChartLayout.Top), "VRA: certified and right", "v", one =>
                one.Metrics.CertifiedAccuracyCurve, one => one.Metrics.VerifiedRobustAccuracy);
        Panel(page, data, layout, data.HasLabels ? layout.Second : (ChartLayout.Left, ChartLayout.Top), "Certified, right or wrong", "f",
            one => one.Certified, one => one.Metrics.CertifiedFraction);
        page.Add($"</svg>\n");
    }

    private static void Panel(HtmlText page, ReportData data, ChartLayout layout, (int X, int Y) corner, string title, string kind,
        Func<GuaranteeFindings, CertifiedAccuracyCurve> curve, Func<GuaranteeFindings, double> atEpsilon)
    {
        int width = layout.PanelWidth, height = layout.PanelHeight;
        double X(double epsilon) => width * epsilon / data.Axis.Limit;
        double Y(double share) => height * (1 - share);
        page.Add($"<g transform=\"translate({corner.X} {corner.Y})\">\n<text class=\"title\" x=\"{-ChartLayout.Left}\" y=\"-18\">")
            .Add($"{title}, % of {data.Rows}</text>\n");
        foreach (int percent in new[] { 0, 25, 50, 75, 100 })
        {
            page.Add($"<path class=\"{(percent == 0 ? "axis" : "grid")}\" d=\"M0 {Y(percent / 100.0):0.#}h{width}\"/>")
                .Add($"<text x=\"-8\" y=\"{Y(percent / 100.0) + 4:0.#}\" text-anchor=\"end\">{percent}</text>\n");
        }

        Ticks(page, data.Axis, width, height);
        if (data.Epsilon > 0 && data.Epsilon <= data.Axis.Limit)
        {
            page.Add($"<path class=\"at\" d=\"M{X(data.Epsilon):0.#} {height}V-3\"/>")
                .Add($"<text class=\"strong\" x=\"{X(data.Epsilon) + 4:0.#}\" y=\"-3\" style=\"font-size:11px\">")
                .Add($"ε = {ReportNumbers.Epsilon(data.Epsilon)}</text>\n");
        }

        if (kind == "v")
        {
            double clean = data.Main.Metrics.CleanAccuracy;
            page.Add($"<path class=\"clean\" d=\"M0 {Y(clean):0.##}H{width}\"><title>clean accuracy {ReportNumbers.Percent(clean)}</title>")
                .Add($"</path>\n");
        }

        page.Add($"<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {StepPath.Width} {StepPath.Height}\" ")
            .Add($"preserveAspectRatio=\"none\">\n");
        for (int i = data.Guarantees.Count - 1; i >= 0; i--)
            page.Add($"<use href=\"#{Id(kind, i)}\" class=\"{ReportPage.Class(i)}\" style=\"stroke:var(--c)\"/>\n");
        page.Add($"</svg>\n");
        for (int i = 0; i < data.Guarantees.Count; i++)
        {
            if (data.Epsilon <= data.Axis.Limit)
                page.Add($"<circle class=\"dot {ReportPage.Class(i)}\" style=\"fill:var(--c)\" cx=\"{X(data.Epsilon):0.##}\" ")
                    .Add($"cy=\"{Y(atEpsilon(data.Guarantees[i])):0.##}\" r=\"4\">")
                    .Add($"<title>{data.Guarantees[i].Name} at ε = {ReportNumbers.Epsilon(data.Epsilon)}: ")
                    .Add($"{ReportNumbers.Percent(atEpsilon(data.Guarantees[i]))}</title></circle>\n");
        }

        Labels(page, data, width, height, kind, curve);
        page.Add($"</g>\n");
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

        page.Add($"<text x=\"{width}\" y=\"{height + 48}\" text-anchor=\"end\">{axis.Title}</text>\n");
    }

    /// <summary>
    /// Draws the names of the curves at the top right, which is empty because curves fall to the right. Each name has a line to its curve.
    /// The order is that in which a horizontal line meets the curves from the right.
    /// </summary>
    private static void Labels(HtmlText page, ReportData data, int width, int height, string kind, Func<GuaranteeFindings,
        CertifiedAccuracyCurve> curve)
    {
        (string Name, RawHtml Class, double X, double Y)[] names =
        [
            .. data.Guarantees.Select((one, i) => (one, i)).OrderByDescending(pair => Where(curve(pair.one), 0.5))
                .ThenByDescending(pair => pair.i).Select((pair, place) =>
            {
                // The point of the curve at the height of the name, or just below the curve's start if it starts lower.
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
            page.Add($"<path class=\"lead-line\" d=\"M{names[i].X + 2:0.#} {names[i].Y:0.#}L{left - 3:0.#} {y:0.#}\"/>")
                .Add($"<path class=\"{names[i].Class}\" style=\"stroke:var(--c)\" stroke-width=\"3\" d=\"M{left:0.#} {y:0.#}h10\"/>")
                .Add($"<text class=\"strong\" x=\"{left + 14:0.#}\" y=\"{y + 4:0.#}\">{names[i].Name}</text>\n");
        }

        if (kind == "v")
        {
            double clean = height * (1 - data.Main.Metrics.CleanAccuracy);
            page.Add($"<text class=\"strong\" x=\"{width}\" y=\"{(clean > 16 ? clean - 6 : clean + 15):0.#}\" text-anchor=\"end\">")
                .Add($"clean accuracy {ReportNumbers.Percent(data.Main.Metrics.CleanAccuracy)}</text>\n");
        }
    }

    // Below the line of clean accuracy, or near the top.
    private static double Line(ReportData data, string kind, int height) =>
        kind != "v" ? 24 : Math.Min(height * 0.55, Math.Max(24, (height * (1 - data.Main.Metrics.CleanAccuracy)) + 30));

    // The ε at which a curve falls to a level or below.
    private static double Where(CertifiedAccuracyCurve curve, double level)
    {
        ReadOnlySpan<float> radii = curve.Radii;
        return radii[Math.Clamp((int)Math.Ceiling(radii.Length * (1 - level)) - 1, 0, radii.Length - 1)];
    }

    private static RawHtml Id(string kind, int number) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{HtmlText.IdPrefix}{kind}{number}"));
}

/// <summary>The layout of the chart over ε and its two panels, in SVG pixels.</summary>
/// <param name="Class">The CSS class: wide or narrow.</param>
/// <param name="Width">Width of the chart.</param>
/// <param name="Height">Height of the chart.</param>
/// <param name="PanelWidth">Width of a panel's plot area.</param>
/// <param name="PanelHeight">Height of a panel's plot area.</param>
/// <param name="Second">The top left corner of the second panel's plot area; the first panel's is at <see cref="Left"/>, <see
/// cref="Top"/>.</param>
internal sealed record ChartLayout(string Class, int Width, int Height, int PanelWidth, int PanelHeight, (int X, int Y) Second)
{
    public const int Left = 40, Top = 34;

    /// <summary>Side by side.</summary>
    public static ChartLayout Wide { get; } = new("wide", 900, 372, 390, 276, (Left + 390 + 64, Top));

    /// <summary>One below the other.</summary>
    public static ChartLayout Narrow { get; } = new("narrow", 356, 640, 306, 230, (Left, Top + 230 + 88));
}
