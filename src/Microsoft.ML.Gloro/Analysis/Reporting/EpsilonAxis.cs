using System.Globalization;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>An ε axis: its end, its ticks, and the ε between them whose values can be read.</summary>
internal sealed class EpsilonAxis
{
    private const int MostTicks = 5, MostProbes = 48;

    private static readonly int[] s_levels = [1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 51];

    private EpsilonAxis(double limit, bool isImage, IReadOnlyList<EpsilonTick> ticks, IReadOnlyList<EpsilonProbe> probes) =>
        (Limit, IsImage, Ticks, Probes) = (limit, isImage, ticks, probes);

    /// <summary>The ε at the right end.</summary>
    public double Limit { get; }

    /// <summary>Whether ε is in pixels scaled to [0, 1].</summary>
    public bool IsImage { get; }

    public IReadOnlyList<EpsilonTick> Ticks { get; }

    /// <summary>Some ε from 0 to the end, in equal steps.</summary>
    public IReadOnlyList<EpsilonProbe> Probes { get; }

    /// <summary>What the axis measures.</summary>
    public string Title => IsImage ? "ε: L2 radius, pixels scaled to [0, 1]"
        : InTolerances ? "ε: radius, in tolerances of the features" : "ε: L2 radius, in units of the features";

    /// <summary>Whether ε is measured in tolerances.</summary>
    public bool InTolerances { get; init; }

    /// <summary>An axis that ends soon after <paramref name="end"/>. For images up to ε = 1, ticks are 255ths.</summary>
    /// <param name="end">The largest ε to show; above 0.</param>
    /// <param name="isImage">Whether ε is in pixels scaled to [0, 1].</param>
    /// <param name="isExact">Whether the axis ends exactly there rather than at the next tick.</param>
    /// <param name="inTolerances">Whether ε is measured in tolerances.</param>
    public static EpsilonAxis Create(double end, bool isImage, bool isExact, bool inTolerances)
    {
        int levels = isImage && end * 255 >= 2 ? Array.Find(s_levels, n => n / 255.0 * MostTicks >= end) : 0;
        double step = levels > 0 ? levels / 255.0 : Step(end, MostTicks);
        double limit = isExact ? end : step * Math.Ceiling((end / step) - 1e-9);
        double fine = levels > 0 ? Math.Max(1, Math.Ceiling(limit * 255 / MostProbes)) / 255 : Step(limit, MostProbes);
        return new(limit, isImage, [.. Multiples(step, limit).Select(epsilon => Tick(epsilon, levels > 0))],
            [.. Multiples(fine, limit).Select(epsilon => new EpsilonProbe(epsilon, levels > 0 ? Levels(epsilon) : Number(epsilon)))])
        {
            InTolerances = inTolerances,
        };
    }

    private static IEnumerable<double> Multiples(double step, double limit) =>
        Enumerable.Range(0, (int)Math.Floor((limit / step) + 1e-9) + 1).Select(i => i * step);

    private static EpsilonTick Tick(double epsilon, bool isLevels) => epsilon == 0 ? new(0, "0", "")
        : isLevels ? new(epsilon, Levels(epsilon), Number(epsilon)) : new(epsilon, Number(epsilon), "");

    private static string Levels(double epsilon) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(epsilon * 255)}/255");

    private static string Number(double epsilon) =>
        epsilon.ToString(epsilon >= 0.01 ? "0.###" : "0.######", CultureInfo.InvariantCulture);

    // A round step that needs at most so many. Ticks are few: labels of eight characters must not touch on a phone.
    private static double Step(double end, int most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(end / most)));
        return power * (new[] { 1.0, 2, 2.5, 5, 10 }.First(factor => power * factor * most >= end * (1 - 1e-9)));
    }
}

/// <summary>A tick of an ε axis.</summary>
/// <param name="Epsilon">Its position.</param>
/// <param name="Text">Its label.</param>
/// <param name="Below">A second line below the label; may be empty.</param>
internal sealed record EpsilonTick(double Epsilon, string Text, string Below);

/// <summary>An ε whose values can be read.</summary>
/// <param name="Epsilon">ε.</param>
/// <param name="Text">It as text.</param>
internal sealed record EpsilonProbe(double Epsilon, string Text);
