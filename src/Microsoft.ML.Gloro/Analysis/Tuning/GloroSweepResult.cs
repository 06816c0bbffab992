using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>The result of a sweep.</summary>
/// <remarks>
/// Immutable and safe for concurrent use, except for disposing <see cref="BestModel"/>; <see cref="ToString"/> prints a table.
/// </remarks>
public sealed class GloroSweepResult
{
    internal GloroSweepResult()
    {
    }

    /// <summary>All completed trials, failed ones included, in the order they ran.</summary>
    public required IReadOnlyList<GloroSweepTrial> Trials { get; init; }

    /// <summary>
    /// The trial with the highest metric on any rung; ties go to fewer epochs, then to the first. Null if no trial succeeded.
    /// </summary>
    public required GloroSweepTrial? Best { get; init; }

    /// <summary>The longest successful training of the unchanged options; null if there is none.</summary>
    public required GloroSweepTrial? Baseline { get; init; }

    /// <summary>
    /// The Pareto-optimal trials for clean accuracy and VRA, by rising clean accuracy and falling VRA.
    /// </summary>
    public required IReadOnlyList<GloroSweepTrial> ParetoFront { get; init; }

    /// <summary>
    /// The best trial's options, a new copy each time; null if no trial succeeded. A trainer with these options learns the same model from
    /// the same rows. Raise <see cref="GloroTrainerOptions.Epochs"/> for a longer training.
    /// </summary>
    public GloroTrainerOptions? BestOptions => Best?.Options;

    /// <summary>
    /// The best trial's model; the caller disposes it. Null if no trial succeeded, or if the best trial was read from the journal, which
    /// keeps no models. In that case train one with <see cref="BestOptions"/>.
    /// </summary>
    public required GloroTransformer? BestModel { get; init; }

    /// <summary>
    /// Whether all trials ran. False if the sweep was canceled or <see cref="GloroSweepOptions.TimeBudget"/> ran out.
    /// </summary>
    public required bool IsComplete { get; init; }

    /// <summary>The name of the metric.</summary>
    public required string MetricName { get; init; }

    /// <summary>How long the call took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>A table of the trials, best first, in the invariant culture.</summary>
    public override string ToString() => SweepTable.Write(this);
}
