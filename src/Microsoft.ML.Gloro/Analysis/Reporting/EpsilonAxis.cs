using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>An ε axis: its end and its ticks.</summary>
internal sealed class EpsilonAxis
{
    private static readonly int[] s_levels = [1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 54, 72, 108, 144, 180, 255, 510, 1020, 2550];

    private EpsilonAxis(double limit, bool isImage, IReadOnlyList<EpsilonTick> ticks) => (Limit, IsImage, Ticks) = (limit, isImage, ticks);

    /// <summary>The ε at the right end.</summary>
    public double Limit { get; }

    /// <summary>Whether ε is in pixels scaled to [0, 1], which are usually given in 255ths.</summary>
    public bool IsImage { get; }

    public IReadOnlyList<EpsilonTick> Ticks { get; }

    /// <summary>What the axis measures.</summary>
    public string Title => IsImage ? "ε: L2 radius, pixels scaled to [0, 1]"
        : InTolerances ? "ε: radius, in tolerances of the features" : "ε: L2 radius, in units of the features";

    /// <summary>Whether ε is measured in tolerances.</summary>
    public bool InTolerances { get; init; }

    /// <summary>An axis that ends soon after <paramref name="end"/>.</summary>
    /// <param name="end">The largest ε to show; above 0.</param>
    /// <param name="isImage">Whether ticks are 255ths.</param>
    /// <param name="isExact">Whether the axis ends exactly there rather than at the next tick.</param>
    /// <param name="inTolerances">Whether ε is measured in tolerances.</param>
    public static EpsilonAxis Create(double end, bool isImage, bool isExact, bool inTolerances)
    {
        double step = Step(end, isImage);
        double limit = isExact ? end : step * Math.Ceiling((end / step) - 1e-9);
        int count = (int)Math.Floor((limit / step) + 1e-9);
        return new(limit, isImage, [.. Enumerable.Range(0, count + 1).Select(i => Tick(i, step, isImage))]) { InTolerances = inTolerances };
    }

    private static EpsilonTick Tick(int number, double step, bool isImage)
    {
        double epsilon = number * step;
        string value = epsilon.ToString(epsilon >= 0.01 ? "0.###" : "0.######", CultureInfo.InvariantCulture);
        return number == 0 ? new(0, "0", "") : isImage
            ? new(epsilon, $"{Math.Round(epsilon * 255).ToString(CultureInfo.InvariantCulture)}/255", value) : new(epsilon, value, "");
    }

    // Few ticks: labels of eight characters must not touch on a phone.
    private static double Step(double end, bool isImage)
    {
        const int most = 5;
        if (isImage && Array.Find(s_levels, n => n / 255.0 * most >= end) is > 0 and int levels && end * 255 >= 2)
            return levels / 255.0;
        double power = Math.Pow(10, Math.Floor(Math.Log10(end / most)));
        return power * (new[] { 1.0, 2, 2.5, 5, 10 }.First(factor => power * factor * most >= end * (1 - 1e-9)));
    }
}

/// <summary>A tick of an ε axis.</summary>
/// <param name="Epsilon">Its position.</param>
/// <param name="Text">Its label.</param>
/// <param name="Below">A second line below the label; may be empty.</param>
internal sealed record EpsilonTick(double Epsilon, string Text, string Below);
