namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// How far a training has come, from 0 to 1: the share of its steps or, if that is more, of the time it may take. Schedules follow it, and so fit themselves to a time budget.
/// </summary>
internal sealed class TrainingClock(TimeProvider time, TimeSpan? budget, long steps)
{
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _before;

    /// <summary>Steps taken, those before a resume included.</summary>
    public long Step { get; set; }

    /// <summary>The end of the budget that is kept for what follows an epoch's last step: validating and writing a checkpoint.</summary>
    public TimeSpan Reserve { get; set; }

    /// <summary>The time that training has taken, that before a resume included.</summary>
    public TimeSpan Elapsed => _before + time.GetElapsedTime(_start);

    /// <summary>From 0 to 1, where training ends.</summary>
    public double Progress => ProgressAt(Elapsed);

    /// <summary>The time left after <paramref name="elapsed"/>, at the pace so far and within the budget.</summary>
    public TimeSpan Remaining(TimeSpan elapsed)
    {
        double progress = ProgressAt(elapsed);
        return progress is > 0 and < 1 ? elapsed * ((1 - progress) / progress) : TimeSpan.Zero;
    }

    /// <summary>Goes on from where a checkpoint was written.</summary>
    public void Resume(TimeSpan elapsed, long step) => (_before, Step) = (elapsed, step);

    private double ProgressAt(TimeSpan elapsed)
    {
        double done = (double)Step / steps;
        if (budget is not { } limit)
            return done;
        var usable = limit - Reserve;
        return usable <= TimeSpan.Zero ? 1 : Math.Min(1, Math.Max(done, elapsed / usable));
    }
}
