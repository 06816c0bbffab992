namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Where the two panels of the chart over ε lie, in pixels of its own.</summary>
/// <param name="Class">Which of the two charts it is: wide or narrow.</param>
/// <param name="Width">Of the whole.</param>
/// <param name="Height">Of the whole.</param>
/// <param name="PanelWidth">Of the area of curves.</param>
/// <param name="PanelHeight">Of the area of curves.</param>
/// <param name="Second">Where the second panel's area begins; the first's begins at <see cref="Left"/>, <see cref="Top"/>.</param>
internal sealed record ChartLayout(string Class, int Width, int Height, int PanelWidth, int PanelHeight, (int X, int Y) Second)
{
    public const int Left = 40, Top = 34;

    /// <summary>Side by side.</summary>
    public static ChartLayout Wide { get; } = new("wide", 900, 372, 390, 276, (Left + 390 + 64, Top));

    /// <summary>One below the other.</summary>
    public static ChartLayout Narrow { get; } = new("narrow", 356, 640, 306, 230, (Left, Top + 230 + 88));
}
