namespace Microsoft.ML.Gloro.Training;

/// <summary>The same value at all times.</summary>
internal sealed record ConstantSchedule(double Value) : Schedule
{
    /// <inheritdoc/>
    public override double At(double elapsed, double duration) => Value;
}
