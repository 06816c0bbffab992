using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The colors of guarantees on light and dark pages. RTK goes from dark to light (on dark pages from light to dark) in one hue as K grows,
/// which color-blind readers can see too; affinity sets have hues of the color-blind-safe palette of Okabe and Ito. Each has a contrast of
/// at least 3:1 against the page.
/// </summary>
internal static class ReportPalette
{
    private static readonly (string Light, string Dark)[] s_affinity =
        [("#c2500a", "#ff9b57"), ("#007a5c", "#4fd0a6"), ("#9c4585", "#e79fd3"), ("#7a6a00", "#d9c84a")];

    // Colors of classes, for adjacent areas; labels name them too.
    private static readonly (string Light, string Dark)[] s_classes =
    [
        ("#7fb2dd", "#2f6ea5"), ("#f0b26a", "#a8671b"), ("#7fc9ad", "#1e7a5c"), ("#d9a0c6", "#8a4877"), ("#e6d96b", "#82760f"),
            ("#a9b4bd", "#5a6670"), ("#e89a8a", "#99432f"), ("#b3a8de", "#5f4fa0"),
    ];

    /// <summary>The color of an RTK guarantee; local robustness is the first.</summary>
    /// <param name="place">From 0.</param>
    /// <param name="count">How many there are.</param>
    public static (string Light, string Dark) TopK(int place, int count)
    {
        double share = count < 2 ? 0 : (double)place / (count - 1);
        return (Mix(0x0b3d73, 0x4b94d6, share), Mix(0xb5dcff, 0x3d86c6, share));
    }

    public static (string Light, string Dark) Affinity(int place) => s_affinity[place % s_affinity.Length];

    public static (string Light, string Dark) Class(int place) => s_classes[place % s_classes.Length];

    private static string Mix(int from, int to, double share)
    {
        int Part(int shift) => (int)Math.Round((((from >> shift) & 255) * (1 - share)) + (((to >> shift) & 255) * share));
        return string.Create(CultureInfo.InvariantCulture, $"#{Part(16):x2}{Part(8):x2}{Part(0):x2}");
    }
}
