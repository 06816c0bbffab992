namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A quantity as a function of training's progress, from 0 at the first step to 1 after the last. Schedules are small, immutable, equal if they are made alike,
/// and made of each other.
/// </summary>
internal abstract record Schedule
{
    /// <summary>The value at a moment of training.</summary>
    /// <param name="progress">From 0 to 1.</param>
    public double At(double progress) => At(progress, 1);

    /// <summary>
    /// The value at elapsed / duration of the way. The two come apart because a schedule that runs over a part of training is then rounded
    /// once, where its own formula divides, and not also where the part was cut out.
    /// </summary>
    /// <param name="elapsed">From 0 to <paramref name="duration"/>.</param>
    /// <param name="duration">Positive.</param>
    public abstract double At(double elapsed, double duration);
}
