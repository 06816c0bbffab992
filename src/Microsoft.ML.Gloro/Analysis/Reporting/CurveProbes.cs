namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Shows the values of all curves at the ε under the pointer. Each of some ε has an invisible strip; the style sheet shows its line and
/// text while the pointer is over it, so no script is needed.
/// </summary>
internal static class CurveProbes
{
    private const int Line = 15;

    public static void Add(HtmlText page, CurvePanel panel, EpsilonAxis axis, ChartLayout layout)
    {
        int width = layout.PanelWidth, height = layout.PanelHeight;
        EpsilonProbe[] probes = [.. axis.Probes.Where((_, i) => i % layout.ProbeStep == 0)];
        for (int i = 0; i < probes.Length; i++)
        {
            double X(int probe) => width * probes[probe].Epsilon / axis.Limit;
            // From halfway to the left neighbor to halfway to the right one.
            double x = X(i), left = i == 0 ? 0 : (X(i - 1) + x) / 2, right = i == probes.Length - 1 ? width : (x + X(i + 1)) / 2;
            // Curves fall to the right, so the lower left corner is free.
            double y = height - 10 - (Line * panel.Curves.Count);
            page.Add($"<g class=\"probe\"><rect x=\"{left:0.#}\" width=\"{right - left:0.#}\" height=\"{height}\"/>")
                .Add($"<path class=\"at\" d=\"M{x:0.#} 0V{height}\"/><text class=\"halo\" y=\"{y:0.#}\">")
                .Add($"<tspan class=\"strong\" x=\"8\">ε = {probes[i].Text}</tspan>");
            foreach (ChartCurve curve in panel.Curves)
                page.Add($"<tspan x=\"8\" dy=\"{Line}\">{curve.Name} {ReportNumbers.Percent(curve.Curve.At((float)probes[i].Epsilon))}")
                    .Add($"</tspan>");
            page.Add($"</text></g>\n");
        }
    }
}
