using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>What a sweep has found.</summary>
/// <remarks>Immutable and safe for concurrent use, all but <see cref="BestModel"/>'s disposal; <see cref="ToString"/> prints a table.</remarks>
public sealed class GloroSweepResult
{
    internal GloroSweepResult()
    {
    }

    /// <summary>All trials that ended, failed ones included, in the order in which they were run.</summary>
    public required IReadOnlyList<GloroSweepTrial> Trials { get; init; }

    /// <summary>
    /// The trial of the highest metric, of whatever rung; of equal ones that of fewest epochs, then the first. Null if none succeeded.
    /// </summary>
    public required GloroSweepTrial? Best { get; init; }

    /// <summary>The longest training of the options as given; null if there was none or all of them failed.</summary>
    public required GloroSweepTrial? Baseline { get; init; }

    /// <summary>
    /// The trials that no other is as good as in both clean accuracy and VRA and better in one, by rising clean accuracy and falling VRA: what is to be had of one for the other.
    /// </summary>
    public required IReadOnlyList<GloroSweepTrial> ParetoFront { get; init; }

    /// <summary>
    /// The best trial's options, a new copy each time; null if none succeeded. A trainer made of them learns the same model again from the same rows; set more
    /// <see cref="GloroTrainerOptions.Epochs"/> for a longer training.
    /// </summary>
    public GloroTrainerOptions? BestOptions => Best?.Options;

    /// <summary>
    /// The model of the best trial, which is the caller's from now on, to dispose of too; all others are disposed of. Null if none succeeded, or if the best trial was read from the
    /// journal, which keeps no models: train one with <see cref="BestOptions"/>.
    /// </summary>
    public required GloroTransformer? BestModel { get; init; }

    /// <summary>Whether all trials were run; if not, the sweep was cancelled or <see cref="GloroSweepOptions.TimeBudget"/> was used up.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The name of the metric.</summary>
    public required string MetricName { get; init; }

    /// <summary>How long the call took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>A table of the trials, best first, in the invariant culture.</summary>
    public override string ToString() => SweepTable.Write(this);
}
