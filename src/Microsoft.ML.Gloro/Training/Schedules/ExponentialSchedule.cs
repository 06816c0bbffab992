namespace Microsoft.ML.Gloro.Training;

/// <summary>From one value to another by equal factors in equal times; both are positive, or both negative.</summary>
internal sealed record ExponentialSchedule : Schedule
{
    /// <exception cref="ArgumentOutOfRangeException">The values are not of one sign, or one is zero or not finite.</exception>
    public ExponentialSchedule(double start, double end)
    {
        if (!(double.IsFinite(start) && double.IsFinite(end) && start * end > 0))
            throw new ArgumentOutOfRangeException(nameof(end), $"No factor leads from {start} to {end}; give two numbers of the same sign, neither zero.");
        (Start, End) = (start, end);
    }

    public double Start { get; }

    public double End { get; }

    /// <inheritdoc/>
    public override double At(double elapsed, double duration) => Start * Math.Pow(End / Start, elapsed / duration);
}
