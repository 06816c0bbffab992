namespace Microsoft.ML.Gloro.Training;

/// <summary>Another schedule, done within the first part of the time; its last value then stays.</summary>
/// <param name="Fraction">The part of the time it takes, above 0 and at most 1.</param>
/// <param name="Inner">The schedule.</param>
internal sealed record EarlySchedule(double Fraction, Schedule Inner) : Schedule
{
    /// <inheritdoc/>
    public override double At(double elapsed, double duration)
    {
        double part = Fraction * duration;
        return Inner.At(Math.Min(elapsed, part), part);
    }
}
