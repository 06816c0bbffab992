namespace Microsoft.ML.Gloro.Training;

/// <summary>Rises in a straight line from 0 to the first value of another schedule, which then runs over the rest of the time.</summary>
/// <param name="Fraction">The part of the time that the rise takes, from 0 to 1.</param>
/// <param name="Then">What follows.</param>
internal sealed record WarmUpSchedule(double Fraction, Schedule Then) : Schedule
{
    /// <inheritdoc/>
    public override double At(double elapsed, double duration)
    {
        double rise = Fraction * duration;
        return elapsed < rise ? Then.At(0, 1) * elapsed / rise : Then.At(elapsed - rise, Math.Max(1e-9, duration - rise));
    }
}
