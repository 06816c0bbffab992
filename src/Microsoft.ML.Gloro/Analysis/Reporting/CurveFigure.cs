using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What a chart over ε shows.</summary>
/// <param name="Key">Letters that tell the chart's ids from those of the page's other charts.</param>
/// <param name="Title">Its title, for readers who do not see it.</param>
/// <param name="Description">What it shows, in words.</param>
/// <param name="Panels">One panel or two.</param>
/// <param name="Axis">The ε axis.</param>
/// <param name="Epsilon">The ε that the report is about.</param>
internal sealed record CurveFigure(string Key, string Title, string Description, IReadOnlyList<CurvePanel> Panels, EpsilonAxis Axis,
    float Epsilon)
{
    /// <summary>The id of a path.</summary>
    public RawHtml PathId(int panel, int curve) => Id(string.Create(CultureInfo.InvariantCulture, $"{panel}-{curve}"));

    /// <summary>An id.</summary>
    public RawHtml Id(string part) => new($"{HtmlText.IdPrefix}{Key}{part}");
}

/// <summary>One panel of a chart over ε.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Curves">The curves; the first is drawn on top.</param>
/// <param name="Levels">Horizontal lines, with what they are: clean accuracies.</param>
internal sealed record CurvePanel(string Title, IReadOnlyList<ChartCurve> Curves, IReadOnlyList<(string Text, double Share)> Levels)
{
    /// <summary>The height of the lowest level; 1 if there is none.</summary>
    public double Lowest => Levels.Count == 0 ? 1 : Levels.Min(level => level.Share);
}

/// <summary>A curve of a chart over ε.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Class">The CSS class that sets <c>--c</c> to its color.</param>
/// <param name="Dash">Its stroke-dasharray; empty for a solid line.</param>
/// <param name="Curve">The curve.</param>
/// <param name="AtEpsilon">Its value at the report's ε.</param>
internal sealed record ChartCurve(string Name, RawHtml Class, string Dash, CertifiedAccuracyCurve Curve, double AtEpsilon)
{
    /// <summary>The ε at which the curve falls to a level or below.</summary>
    public double Where(double level)
    {
        ReadOnlySpan<float> radii = Curve.Radii;
        return radii[Math.Clamp((int)Math.Ceiling(radii.Length * (1 - level)) - 1, 0, radii.Length - 1)];
    }

    /// <summary>A short piece of the line, for tables and keys.</summary>
    public static RawHtml Swatch(RawHtml cssClass, string dash) => HtmlText.Of(
        $"<svg class=\"swatch {cssClass}\" viewBox=\"0 0 20 4\" aria-hidden=\"true\"><path class=\"line\" style=\"stroke:var(--c)\" ",
        $"stroke-dasharray=\"{dash}\" d=\"M0 2h20\"/></svg>");
}

/// <summary>The layout of the chart over ε and its two panels, in SVG pixels.</summary>
/// <param name="Class">The CSS class: wide or narrow.</param>
/// <param name="Width">Width of the chart.</param>
/// <param name="Height">Height of the chart with two panels.</param>
/// <param name="PanelWidth">Width of a panel's plot area.</param>
/// <param name="PanelHeight">Height of a panel's plot area.</param>
/// <param name="Second">The top left corner of the second panel's plot area; the first panel's is at <see cref="Left"/>, <see
/// cref="Top"/>.</param>
/// <param name="ProbeStep">Every so many of the axis's probes are shown.</param>
internal sealed record ChartLayout(string Class, int Width, int Height, int PanelWidth, int PanelHeight, (int X, int Y) Second,
    int ProbeStep)
{
    public const int Left = 40, Top = 34;

    /// <summary>Side by side.</summary>
    public static ChartLayout Wide { get; } = new("wide", 900, 372, 390, 276, (Left + 390 + 64, Top), 1);

    /// <summary>One below the other.</summary>
    public static ChartLayout Narrow { get; } = new("narrow", 356, 640, 306, 230, (Left, Top + 230 + 88), 2);

    /// <summary>The height of a chart with so many panels.</summary>
    public int HeightOf(int panels) => panels > 1 || Second.X > Left ? Height : Second.Y - 20;
}
