namespace Microsoft.ML.Gloro.Training;

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

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public override int GetHashCode() => _parts.Aggregate(0, (hash, part) => HashCode.Combine(hash, part));
}
