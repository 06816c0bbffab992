namespace Microsoft.ML.Gloro.Training;

/// <summary>The schedules training uses.</summary>
internal static class Schedules
{
    /// <summary>Rises linearly over the first half, then stays: early training finds features, late training earns margins.</summary>
    public static Schedule HalfThenFlat(double start, double end) => new EarlySchedule(0.5, new LinearSchedule(start, end));

    /// <summary>Rises linearly from 0 over <paramref name="warmUp"/>, then falls to 0 along a half cosine.</summary>
    public static Schedule WarmUpCosine(double peak, double warmUp) => new WarmUpSchedule(warmUp, new CosineSchedule(peak, 0));
}
