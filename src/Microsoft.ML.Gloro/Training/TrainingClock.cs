namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The progress of training, from 0 to 1: the share of its steps or, if that is larger, of its time budget. Schedules follow it, and so
/// adapt to the budget.
/// </summary>
internal sealed class TrainingClock(TimeProvider time, TimeSpan? budget, long steps)
{
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _before;

    /// <summary>Steps taken, including those before a resume.</summary>
    public long Step { get; set; }

    /// <summary>The part of the budget reserved for what follows the last step of an epoch: validation and the checkpoint.</summary>
    public TimeSpan Reserve { get; set; }

    /// <summary>The time that training has taken, including that before a resume.</summary>
    public TimeSpan Elapsed => _before + time.GetElapsedTime(_start);

    /// <summary>From 0 to 1. Training ends at 1.</summary>
    public double Progress => ProgressAt(Elapsed);

    /// <summary>The time left after <paramref name="elapsed"/>, at the pace so far and within the budget.</summary>
    public TimeSpan Remaining(TimeSpan elapsed)
    {
        double progress = ProgressAt(elapsed);
        return progress is > 0 and < 1 ? elapsed * ((1 - progress) / progress) : TimeSpan.Zero;
    }

    /// <summary>Continues from the state of a checkpoint.</summary>
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
