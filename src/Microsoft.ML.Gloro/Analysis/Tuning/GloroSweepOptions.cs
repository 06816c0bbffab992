using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of <c>mlContext.Gloro.Sweep</c>: the search space, the method and the budget. They are copied when a sweep begins.
/// </summary>
public sealed class GloroSweepOptions
{
    /// <summary>Creates options with their defaults.</summary>
    /// <param name="trainer">
    /// The trainer's options. Options that are not searched keep their values; <see cref="GloroTrainerOptions.Epochs"/> is the length of a
    /// full training, 30 if it is null. Without a <see cref="GloroTrainerOptions.ValidationSet"/> the trials use the sweep's validation
    /// rows.
    /// </param>
    public GloroSweepOptions(GloroTrainerOptions trainer) => TrainerOptions = trainer;

    /// <summary>
    /// The trainer's options: <see cref="GloroImageClassificationOptions"/> or <see cref="GloroMulticlassClassificationOptions"/>.
    /// </summary>
    public GloroTrainerOptions TrainerOptions { get; set; }

    /// <summary>
    /// The search space. Default: null, which searches, within their annotations, LearningRate, BatchSize, Loss (and with it TradesWeight
    /// or FixedMargin), EpsilonFactor, WeightDecay, AveragingDecay, Depth, Width and, for images, TailWidth and TailDepth. Options without
    /// effect under the current settings (TradesWeight without the TRADES loss, Width with
    /// <see cref="GloroImageClassificationOptions.Layers"/>) keep their value from <see cref="TrainerOptions"/>.
    /// </summary>
    public IReadOnlyList<GloroSweepParameter>? Parameters { get; set; }

    /// <summary>Names of options to exclude from <see cref="Parameters"/> or its default. Default: none.</summary>
    public IReadOnlyList<string> Fixed { get; set; } = [];

    /// <summary>
    /// Takes settings from a grid, in an order shuffled by the seed: all values of a choice and this many values of a range, both ends
    /// included. Default: null, no grid: settings are drawn at random, uniformly or log-uniformly in each range. With few trials random
    /// search beats a grid, which tries few values of the options that matter (Bergstra, Bengio: Random Search for Hyper-Parameter
    /// Optimization, JMLR 2012).
    /// </summary>
    public int? GridSteps { get; set; }

    /// <summary>
    /// The number of settings to try. Fewer are tried if the space holds fewer; none is tried twice. With the same seed, a larger number
    /// starts with the same settings, so a journal can be continued. Default: 12.
    /// </summary>
    public int Trials { get; set; } = 12;

    /// <summary>
    /// Whether the first trial uses <see cref="TrainerOptions"/> unchanged. It is always promoted, in addition to the best trials, so that
    /// the result shows the gain over it. Default: true.
    /// </summary>
    public bool IncludeBaseline { get; set; } = true;

    /// <summary>
    /// The factor η of successive halving: the best 1/η of a rung's trials, at least one, go on to the next rung with η times the epochs
    /// (Jamieson, Talwalkar, AISTATS 2016). Default: 3.
    /// </summary>
    /// <remarks>
    /// A promoted trial is trained from scratch. The learning rate and ε schedules end with the last epoch, so a longer training cannot
    /// continue from a shorter one.
    /// </remarks>
    public int HalvingFactor { get; set; } = 3;

    /// <summary>The epochs of the last rung. Not chosen by data, since rungs are fixed before rows are read.</summary>
    internal int FullEpochs => TrainerOptions?.Epochs ?? AutomaticOptions.UsualEpochs;

    /// <summary>
    /// The minimum epochs of a rung. The last rung has the epochs of <see cref="TrainerOptions"/>; each earlier one has 1/η of the next,
    /// rounded up. Set it to the full number of epochs to turn halving off. Default: null, which is 1/η² of the full number: three rungs.
    /// </summary>
    public int? MinEpochs { get; set; }

    /// <summary>
    /// The metric to maximize; negate a metric to minimize it. Default: verified-robust accuracy (VRA).
    /// </summary>
    /// <remarks>A journal identifies the metric by <see cref="MetricName"/> only.</remarks>
    public Func<GloroMetrics, double> Metric { get; set; } = metrics => metrics.VerifiedRobustAccuracy;

    /// <summary>The metric's name in tables and in the journal. Use a different name for each metric. Default: "VRA".</summary>
    public string MetricName { get; set; } = "VRA";

    /// <summary>
    /// The time limit for the trials of one call. The training in progress stops within a batch and is not counted. Default: null, no
    /// limit. With a limit, results depend on the speed of the machine.
    /// </summary>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>
    /// The seed of the drawn settings and, if <see cref="TrainerOptions"/> has none, of every training. All trainings then share initial
    /// weights and batches, which makes them easier to compare. The same seed, data and options give the same result, under the conditions
    /// of <see cref="GloroTrainerOptions.Seed"/>. Default: 1.
    /// </summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// A file for the results of trials, one JSON line each. It is created if missing; its folder must exist. A sweep with the same file
    /// does not repeat recorded trials, so a canceled or killed sweep can be resumed. Default: null, no journal.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The number of trials, halving, epochs and budgets may change between runs. A journal of other data, trainer options, search space,
    /// seed, metric or library version is refused; the message names the difference.
    /// </para>
    /// <para>
    /// A failed training is not repeated; delete its line to retry it. Settings that crashed the process three times (out of memory, for
    /// example) are recorded as failed. The rows are read once more to hash them. Only one sweep at a time can use a journal. If a line
    /// cannot be written (a full disk), a warning says so and the sweep continues; it tries again after each training.
    /// </para>
    /// </remarks>
    public string? JournalPath { get; set; }

    /// <summary>
    /// Receives a report after each training, on the sweep's thread. Default: null; MLContext.Log always gets a line after each training.
    /// </summary>
    public IProgress<GloroSweepProgress>? Progress { get; set; }

    /// <summary>
    /// Stops the sweep within a batch. The sweep then <em>returns</em> its results so far, with <see cref="GloroSweepResult.IsComplete"/>
    /// false, and does not throw <see cref="OperationCanceledException"/>. Canceling the trainer's own token does the same. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>An independent copy.</summary>
    internal GloroSweepOptions Copy()
    {
        var copy = (GloroSweepOptions)MemberwiseClone();
        copy.TrainerOptions = TrainerOptions?.Copy()!;
        copy.Parameters = Parameters is null ? null : [.. Parameters];
        copy.Fixed = Fixed is null ? null! : [.. Fixed];
        return copy;
    }

    /// <summary>Returns the search dimensions, or throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal IReadOnlyList<SearchDimension> Validate()
    {
        var faults = Faults().ToList();
        var dimensions = TrainerOptions is null || Fixed is null ? [] : SearchDimensions.Of(TrainerOptions, Parameters, Fixed, faults);
        OptionFaults.ThrowIfAny("the sweep", faults);
        return dimensions;
    }

    private IEnumerable<FormattableString> Faults()
    {
        const string given = nameof(TrainerOptions), checkpoints = nameof(TrainerOptions.CheckpointFolder);
        if (TrainerOptions is null)
            yield return $"{given} is null; set the options of the trainer to search.";
        foreach (var fault in TrainerOptions is { } trainer ? GloroEstimator.FaultsOf(trainer) : [])
            yield return $"{given}: {fault}";
        if (TrainerOptions?.CheckpointFolder is not null)
            yield return $"{given}: {checkpoints} must be null; use {nameof(JournalPath)} instead.";
        if (Fixed is null)
            yield return $"{nameof(Fixed)} is null; use an empty list for none.";
        if (GridSteps < 2)
            yield return $"{nameof(GridSteps)} must be at least 2, or null for no grid, not {GridSteps}.";
        foreach (var (name, value, least) in new[] { (nameof(Trials), Trials, 1), (nameof(HalvingFactor), HalvingFactor, 2) })
        {
            if (value < least)
                yield return $"{name} must be at least {least}, not {value}.";
        }

        if (MinEpochs is { } epochs && (epochs < 1 || epochs > FullEpochs))
            yield return $"{nameof(MinEpochs)} must be from 1 to the {FullEpochs} epochs of {given}, not {epochs}.";
        if (Metric is null)
            yield return $"{nameof(Metric)} is null.";
        if (string.IsNullOrWhiteSpace(MetricName))
            yield return $"{nameof(MetricName)} is empty.";
        if (TimeBudget is { } budget && budget <= TimeSpan.Zero)
            yield return $"{nameof(TimeBudget)} must be positive, or null for no limit, not {budget}.";
        if (JournalPath is not null && (string.IsNullOrWhiteSpace(JournalPath) || JournalPath.Contains('\0', StringComparison.Ordinal)))
            yield return $"{nameof(JournalPath)} is not a valid file name; use null for no journal.";
    }
}
