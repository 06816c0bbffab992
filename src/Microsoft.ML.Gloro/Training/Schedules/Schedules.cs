namespace Microsoft.ML.Gloro.Training;

/// <summary>The schedules training uses.</summary>
internal static class Schedules
{
    /// <summary>Rises linearly over the first half, then stays: early training finds features, late training earns margins.</summary>
    public static Schedule HalfThenFlat(double start, double end) => new EarlySchedule(0.5, new LinearSchedule(start, end));

    /// <summary>
    /// As <see cref="HalfThenFlat"/> until four fifths; then <paramref name="closing"/>, where the learning rate has fallen to a tenth: what a network has learnt with more
    /// room than it needs, it gives back in part while it settles.
    /// </summary>
    public static Schedule HalfFlatThenClosing(double start, double full, double closing) =>
        new PiecewiseSchedule((0.5, new LinearSchedule(start, full)), (0.8, new ConstantSchedule(full)), (1, new ConstantSchedule(closing)));

    /// <summary>Rises linearly from 0 over <paramref name="warmUp"/>, then falls to 0 along a half cosine.</summary>
    public static Schedule WarmUpCosine(double peak, double warmUp) => new WarmUpSchedule(warmUp, new CosineSchedule(peak, 0));
}
