namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A number as a function of training progress, from 0 at the first step to 1 after the last, such as the learning rate or ε. Schedules
/// are small immutable values that can be built from one another.
/// </summary>
internal abstract record Schedule
{
    /// <summary>Rises linearly over the first half, then stays: early training finds features, late training earns margins.</summary>
    public static Schedule HalfThenFlat(double start, double end) => new EarlySchedule(0.5, new LinearSchedule(start, end));

    /// <summary>
    /// As <see cref="HalfThenFlat"/> until four fifths, then <paramref name="closing"/>. By then the learning rate has fallen to a tenth,
    /// and a network with more margin than it needs can trade some of it for accuracy.
    /// </summary>
    public static Schedule HalfFlatThenClosing(double start, double full, double closing) => new PiecewiseSchedule(
        (0.5, new LinearSchedule(start, full)), (0.8, new ConstantSchedule(full)), (1, new ConstantSchedule(closing)));

    /// <summary>Rises linearly from 0 over <paramref name="warmUp"/>, then falls to 0 along a half cosine.</summary>
    public static Schedule WarmUpCosine(double peak, double warmUp) => new WarmUpSchedule(warmUp, new CosineSchedule(peak, 0));

    /// <summary>The value at a moment of training.</summary>
    /// <param name="progress">From 0 to 1.</param>
    public double At(double progress) => At(progress, 1);

    /// <summary>The value after a part of a duration.</summary>
    /// <param name="elapsed">From 0 to <paramref name="duration"/>.</param>
    /// <param name="duration">Positive.</param>
    /// <remarks>
    /// There are two parameters so that a schedule that runs over a part of training is rounded only once, where its own formula divides.
    /// </remarks>
    public abstract double At(double elapsed, double duration);
}

/// <summary>The same value at all times.</summary>
internal sealed record ConstantSchedule(double Value) : Schedule
{
    public override double At(double elapsed, double duration) => Value;
}

/// <summary>From one value to another in a straight line.</summary>
internal sealed record LinearSchedule(double Start, double End) : Schedule
{
    public override double At(double elapsed, double duration) => Start + ((End - Start) * (elapsed / duration));
}

/// <summary>From one value to another along half a cosine: slow at both ends.</summary>
internal sealed record CosineSchedule(double Start, double End) : Schedule
{
    public override double At(double elapsed, double duration) =>
        End + ((Start - End) * 0.5 * (1 + Math.Cos(Math.PI * elapsed / duration)));
}

/// <summary>Runs another schedule over the first part of the time; its last value then stays.</summary>
/// <param name="Fraction">The part of the time it takes, above 0 and at most 1.</param>
/// <param name="Inner">The other schedule.</param>
internal sealed record EarlySchedule(double Fraction, Schedule Inner) : Schedule
{
    public override double At(double elapsed, double duration)
    {
        double part = Fraction * duration;
        return Inner.At(Math.Min(elapsed, part), part);
    }
}

/// <summary>Rises linearly from 0 to the first value of another schedule, which then runs over the rest of the time.</summary>
/// <param name="Fraction">The part of the time that the rise takes, from 0 to 1.</param>
/// <param name="Then">The other schedule.</param>
internal sealed record WarmUpSchedule(double Fraction, Schedule Then) : Schedule
{
    public override double At(double elapsed, double duration)
    {
        double rise = Fraction * duration;
        return elapsed < rise ? Then.At(0, 1) * elapsed / rise : Then.At(elapsed - rise, Math.Max(1e-9, duration - rise));
    }
}

/// <summary>One schedule after another, each over its own part of the time.</summary>
internal sealed record PiecewiseSchedule : Schedule
{
    private readonly (double Until, Schedule Schedule)[] _parts;

    /// <param name="parts">Each part begins where the one before it ends, and ends at <c>Until</c>; the last ends at 1.</param>
    /// <exception cref="ArgumentException">The ends do not rise from above 0 to 1.</exception>
    public PiecewiseSchedule(params (double Until, Schedule Schedule)[] parts)
    {
        double before = 0;
        foreach (var (until, _) in parts)
        {
            if (!(until > before))
                throw new ArgumentException($"A part of a schedule ends at {until}, but the one before it at {before}.", nameof(parts));
            before = until;
        }

        if (before != 1)
            throw new ArgumentException($"The last part of a schedule must end at 1, not {before}.", nameof(parts));
        _parts = [.. parts];
    }

    public override double At(double elapsed, double duration)
    {
        double from = 0;
        foreach (var (until, schedule) in _parts)
        {
            if (elapsed < until * duration || until == 1)
                return schedule.At(Math.Min(elapsed - from, (until * duration) - from), (until * duration) - from);
            from = until * duration;
        }

        throw new InvalidOperationException("The last part ends at 1.");
    }

    public bool Equals(PiecewiseSchedule? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    public override int GetHashCode() => _parts.Aggregate(0, (hash, part) => HashCode.Combine(hash, part));
}
