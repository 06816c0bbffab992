using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>What <c>mlContext.Gloro.Sweep</c> searches, how, and for how long. All values are copied when a sweep begins.</summary>
public sealed class GloroSweepOptions
{
    /// <summary>Creates options with their defaults.</summary>
    /// <param name="trainer">
    /// The trainer's options: all that is not searched stays as it is there, and its <see cref="GloroTrainerOptions.Epochs"/> are those of a whole training. Without a
    /// <see cref="GloroTrainerOptions.ValidationSet"/> the trials take the sweep's validation rows for it.
    /// </param>
    public GloroSweepOptions(GloroTrainerOptions trainer) => TrainerOptions = trainer;

    /// <summary>The trainer's options: <see cref="GloroImageClassificationOptions"/> or <see cref="GloroMulticlassClassificationOptions"/>.</summary>
    public GloroTrainerOptions TrainerOptions { get; set; }

    /// <summary>
    /// What to search. Default: null, which takes, as annotated, LearningRate, BatchSize, Loss (and with it TradesWeight or FixedMargin), EpsilonFactor, WeightDecay,
    /// AveragingDecay, Depth, Width and, for images, TailWidth and TailDepth. An option that has no say with the others as they are (TradesWeight without the loss that it
    /// belongs to, Width with <see cref="GloroImageClassificationOptions.Layers"/>) stays as it is in <see cref="TrainerOptions"/>.
    /// </summary>
    public IReadOnlyList<GloroSweepParameter>? Parameters { get; set; }

    /// <summary>Names of options that are not searched although <see cref="Parameters"/> or its default says so. Default: none.</summary>
    public IReadOnlyList<string> Fixed { get; set; } = [];

    /// <summary>
    /// Takes settings from a grid, in an order that the seed shuffles: all values of a choice, and this many of a range, both ends included. Default: null, no grid; settings
    /// are drawn, uniformly in each range or in its logarithm. With few trials that is better than a grid, which tries few values of the few options that matter
    /// (Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 2012).
    /// </summary>
    public int? GridSteps { get; set; }

    /// <summary>
    /// Settings to try. There may be fewer: no settings are tried twice. More trials with the same seed begin with the same settings, so that a journal can be gone on with.
    /// Default: 12.
    /// </summary>
    public int Trials { get; set; } = 12;

    /// <summary>
    /// Whether the first trial is <see cref="TrainerOptions"/> as given and goes on to the whole training whatever it comes to, beside those that earn it: the result then says what
    /// the search has gained over it. Default: true.
    /// </summary>
    public bool IncludeBaseline { get; set; } = true;

    /// <summary>
    /// Successive halving: of the trials of one rung the best 1/η go on to the next, with η times the epochs, and at least one does (Jamieson, Talwalkar, AISTATS 2016).
    /// Default: 3.
    /// </summary>
    /// <remarks>
    /// A promoted trial is trained anew, not gone on with: schedules of learning rate and ε end with the last epoch, so that a short training is a whole one in small, and
    /// its weights are of no use to a longer one.
    /// </remarks>
    public int HalvingFactor { get; set; } = 3;

    /// <summary>
    /// The fewest epochs that a rung may have; the last rung has those of <see cref="TrainerOptions"/>, each before it 1/η of the next, rounded up. As many as there turns halving
    /// off. Default: null, which is 1/η² of them: three rungs.
    /// </summary>
    public int? MinEpochs { get; set; }

    /// <summary>What to make as large as possible; give the negative of what should be small. Default: verified-robust accuracy (VRA).</summary>
    /// <remarks>A journal cannot tell one metric from another; it goes by <see cref="MetricName"/>.</remarks>
    public Func<GloroMetrics, double> Metric { get; set; } = metrics => metrics.VerifiedRobustAccuracy;

    /// <summary>The metric's name, in tables and in the journal. Give each metric another. Default: "VRA".</summary>
    public string MetricName { get; set; } = "VRA";

    /// <summary>
    /// The time that the trials of one call may take: the training that it ends in is stopped within a batch and not counted. Default: null, no limit. What has been found
    /// by then depends on how fast the machine was.
    /// </summary>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>
    /// The seed of the settings that are drawn and, if <see cref="TrainerOptions"/> has none, of every training: the same first weights and batches for all, which makes them easier
    /// to compare. The same seed, data and options give the same result, under the conditions of <see cref="GloroTrainerOptions.Seed"/>. Default: 1.
    /// </summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// A file that keeps the results of trials, a line of JSON each, made if it is not there; its folder must be. A sweep with the same file does not repeat what is in it,
    /// so that one that was cancelled or killed at any moment goes on. Default: null, none.
    /// </summary>
    /// <remarks>
    /// <para>Trials, halving, epochs and budgets may differ from those it was begun with. A journal of other data, other options of the trainer, another space, seed, metric
    /// or library version is refused, with what differs.</para>
    /// <para>A training that failed is not tried again; delete its line to try it. Settings during which the process has ended three times without a word, as it does when
    /// memory runs out, are taken for failed ones. The rows are read once more, for a hash of them. One sweep at a time uses a journal.</para>
    /// </remarks>
    public string? JournalPath { get; set; }

    /// <summary>A copy that nobody else holds.</summary>
    internal GloroSweepOptions Copy()
    {
        var copy = (GloroSweepOptions)MemberwiseClone();
        copy.TrainerOptions = TrainerOptions?.Copy()!;
        copy.Parameters = Parameters is null ? null : [.. Parameters];
        copy.Fixed = Fixed is null ? null! : [.. Fixed];
        return copy;
    }

    /// <summary>Throws one exception that names everything that is wrong; gives what is searched.</summary>
    /// <exception cref="ArgumentException">One or more values cannot be used.</exception>
    internal IReadOnlyList<SearchDimension> Validate()
    {
        var faults = Faults().ToList();
        var dimensions = TrainerOptions is null || Fixed is null ? [] : SearchDimensions.Of(TrainerOptions, Parameters, Fixed, faults);
        return faults.Count == 0 ? dimensions : throw new ArgumentException($"The options of the sweep cannot be used. {string.Join(' ', faults)}");
    }

    private IEnumerable<string> Faults()
    {
        if (TrainerOptions is null)
            yield return $"{nameof(TrainerOptions)} is null; give the options of the trainer whose settings are to be searched.";
        foreach (var fault in TrainerOptions?.Faults() ?? [])
            yield return $"{nameof(TrainerOptions)}: {fault.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        if (TrainerOptions?.CheckpointFolder is not null)
            yield return $"{nameof(TrainerOptions)}: {nameof(GloroTrainerOptions.CheckpointFolder)} is for one training, and a sweep is many; leave it null. {nameof(JournalPath)} keeps the results of a sweep.";
        if (Fixed is null)
            yield return $"{nameof(Fixed)} is null; use an empty list for none.";
        if (GridSteps < 2)
            yield return $"{nameof(GridSteps)} must be at least 2, or null for no grid, not {GridSteps}.";
        foreach (var (name, value, least) in new[] { (nameof(Trials), Trials, 1), (nameof(HalvingFactor), HalvingFactor, 2) })
        {
            if (value < least)
                yield return $"{name} must be at least {least}, not {value}.";
        }

        if (MinEpochs is { } epochs && (epochs < 1 || epochs > TrainerOptions?.Epochs))
            yield return $"{nameof(MinEpochs)} must be from 1 to the {TrainerOptions?.Epochs} epochs of {nameof(TrainerOptions)}, not {epochs}.";
        if (Metric is null)
            yield return $"{nameof(Metric)} is null.";
        if (string.IsNullOrWhiteSpace(MetricName))
            yield return $"{nameof(MetricName)} is empty.";
        if (TimeBudget is { } budget && budget <= TimeSpan.Zero)
            yield return $"{nameof(TimeBudget)} must be longer than no time, or null for no limit, not {budget}.";
        if (JournalPath is not null && (string.IsNullOrWhiteSpace(JournalPath) || JournalPath.Contains('\0', StringComparison.Ordinal)))
            yield return $"{nameof(JournalPath)} is no file's name; use null for no journal.";
    }
}
