namespace Microsoft.ML.Gloro.Training;

/// <summary>From one value to another in a straight line.</summary>
internal sealed record LinearSchedule(double Start, double End) : Schedule
{
    /// <inheritdoc/>
    public override double At(double elapsed, double duration) => Start + ((End - Start) * (elapsed / duration));
}
