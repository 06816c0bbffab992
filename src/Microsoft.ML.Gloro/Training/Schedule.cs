namespace Microsoft.ML.Gloro.Training;

/// <summary>A quantity as a function of training's progress, from 0 at the first step to 1 after the last.</summary>
internal delegate double Schedule(double progress);

/// <summary>The schedules training uses.</summary>
internal static class Schedules
{
    /// <summary>Rises linearly over the first half, then stays: early training finds features, late training earns margins.</summary>
    public static Schedule HalfThenFlat(double start, double end) => t => start + ((end - start) * Math.Min(1, 2 * t));

    /// <summary>Rises linearly from 0 over <paramref name="warmUp"/>, then falls to 0 along a half cosine.</summary>
    public static Schedule WarmUpCosine(double peak, double warmUp) => t => t < warmUp
        ? peak * t / warmUp
        : peak * 0.5 * (1 + Math.Cos(Math.PI * (t - warmUp) / Math.Max(1e-9, 1 - warmUp)));
}
