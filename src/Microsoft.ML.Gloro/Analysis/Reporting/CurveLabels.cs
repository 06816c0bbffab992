namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Writes the names of curves beside them. Curves fall to the right, so there is room right of the outermost one: each name stands there on
/// a line of its own, as near as the curves allow, with a short line to its curve.
/// </summary>
internal static class CurveLabels
{
    private const int Step = 17, SwatchWidth = 20, Gap = 9;

    // Letters are at most about this wide.
    private const double LetterWidth = 7.2;

    public static void Add(HtmlText page, CurvePanel panel, EpsilonAxis axis, int width, int height)
    {
        double X(ChartCurve curve, double y) => Math.Min(width, width * curve.Where(1 - (y / height)) / axis.Limit);
        // Below the lines of clean accuracy and their text, or near the top.
        double first = panel.Levels.Count == 0 ? 24
            : Math.Min(height * 0.55, Math.Max(24, height * (1 - panel.Lowest)) + (panel.Levels.Count == 1 ? 32 : 36));
        // In the order in which a horizontal line meets the curves from the right.
        ChartCurve[] curves = [.. panel.Curves.Select((curve, i) => (curve, i)).OrderByDescending(pair => pair.curve.Where(0.5))
            .ThenByDescending(pair => pair.i).Select(pair => pair.curve)];
        for (int i = 0; i < curves.Length; i++)
        {
            ChartCurve curve = curves[i];
            double y = first + (Step * i), room = width - SwatchWidth - 5 - (curve.Name.Length * LetterWidth);
            double outermost = curves.Max(one => X(one, y + (Step / 2.0)));
            double left = Math.Max(0, Math.Min(room, outermost + Gap));
            // A curve that begins below this line is met just below its beginning.
            double at = Math.Max(y, height * (1 - (0.95 * curve.Curve.At(0)))), from = X(curve, at);
            if (from < left - 4)
                page.Add($"<path class=\"lead-line\" d=\"M{from + 2:0.#} {at:0.#}L{left - 3:0.#} {y:0.#}\"/>");
            page.Add($"<path class=\"line {curve.Class}\" style=\"stroke:var(--c)\" stroke-dasharray=\"{curve.Dash}\" ")
                .Add($"d=\"M{left:0.#} {y:0.#}h{SwatchWidth}\"/>")
                .Add($"<text class=\"strong halo\" x=\"{left + SwatchWidth + 5:0.#}\" y=\"{y + 4:0.#}\">{curve.Name}</text>\n");
        }

        Levels(page, panel, width, height);
    }

    // The name of the highest level stands above its line, or below if there is no room; others below theirs, one below another.
    private static void Levels(HtmlText page, CurvePanel panel, int width, int height)
    {
        double last = 0;
        foreach (var (text, share) in panel.Levels.OrderByDescending(level => level.Share))
        {
            double line = height * (1 - share);
            last = last == 0 && line > 10 ? line - 6 : Math.Max(line, last) + 15;
            page.Add($"<text class=\"strong halo\" x=\"{width}\" y=\"{last:0.#}\" text-anchor=\"end\">{text} ")
                .Add($"{ReportNumbers.Percent(share)}</text>\n");
        }
    }
}
