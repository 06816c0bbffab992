namespace Microsoft.ML.Gloro.Training;

/// <summary>From one value to another along half a cosine: slow at both ends.</summary>
internal sealed record CosineSchedule(double Start, double End) : Schedule
{
    /// <inheritdoc/>
    public override double At(double elapsed, double duration) => End + ((Start - End) * 0.5 * (1 + Math.Cos(Math.PI * elapsed / duration)));
}
