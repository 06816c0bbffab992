using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The colors of guarantees on light and dark pages. RTK goes from dark to light (on dark pages from light to dark) as K grows, and changes
/// hue a little, so that color-blind readers and gray prints tell the curves apart too; dashes help where there are many. Affinity sets
/// have hues of the color-blind-safe palette of Okabe and Ito. Each has a contrast of at least 3:1 against the page. ReportPaletteTests
/// holds the distances.
/// </summary>
internal static class ReportPalette
{
    /// <summary>The page on light and dark screens.</summary>
    public static readonly (string Light, string Dark) Page = ("#fcfcfa", "#12161a");

    private static readonly (int Light, int Dark)[] s_topK = [(0x0b1f4a, 0xe8f4ff), (0x2456c8, 0x8ab8ff), (0x3f9ad0, 0x2d7ad6)];

    private static readonly string[] s_dashes = ["", "7 3", "2 3", "9 3 2 3"];

    private static readonly (string Light, string Dark)[] s_affinity =
        [("#b84a00", "#ff9b57"), ("#007a5c", "#4fd0a6"), ("#9c4585", "#e79fd3"), ("#7a6a00", "#d9c84a")];

    // Colors of classes, for adjacent areas; labels name them too.
    private static readonly (string Light, string Dark)[] s_classes =
    [
        ("#7fb2dd", "#2f6ea5"), ("#f0b26a", "#a8671b"), ("#7fc9ad", "#1e7a5c"), ("#d9a0c6", "#8a4877"), ("#e6d96b", "#82760f"),
            ("#a9b4bd", "#5a6670"), ("#e89a8a", "#99432f"), ("#b3a8de", "#5f4fa0"),
    ];

    /// <summary>The two sides of a comparison, the report's first.</summary>
    public static IReadOnlyList<(string Light, string Dark)> Compared { get; } = [("#2456c8", "#8ab8ff"), s_affinity[0]];

    /// <summary>The color of an RTK guarantee; local robustness is the first.</summary>
    /// <param name="place">From 0.</param>
    /// <param name="count">How many there are.</param>
    public static (string Light, string Dark) TopK(int place, int count)
    {
        double at = count < 2 ? 0 : (double)place * (s_topK.Length - 1) / (count - 1);
        int from = Math.Min((int)at, s_topK.Length - 2);
        return (Mix(s_topK[from].Light, s_topK[from + 1].Light, at - from), Mix(s_topK[from].Dark, s_topK[from + 1].Dark, at - from));
    }

    /// <summary>The stroke-dasharray of the curve in that place; empty for a solid line.</summary>
    public static string Dash(int place) => s_dashes[place % s_dashes.Length];

    public static (string Light, string Dark) Affinity(int place) => s_affinity[place % s_affinity.Length];

    public static (string Light, string Dark) Class(int place) => s_classes[place % s_classes.Length];

    private static string Mix(int from, int to, double share)
    {
        int Part(int shift) => (int)Math.Round((((from >> shift) & 255) * (1 - share)) + (((to >> shift) & 255) * share));
        return string.Create(CultureInfo.InvariantCulture, $"#{Part(16):x2}{Part(8):x2}{Part(0):x2}");
    }
}
