using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// How <c>mlContext.Gloro.DiscoverAffinitySets</c> looks for affinity sets, and on which rows. All values are copied when it begins.
/// </summary>
public sealed class GloroAffinityDiscoveryOptions
{
    internal const double DefaultBitPrice = 0.1;

    /// <summary>The key column of the true classes, matched with the model's by name. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The L2 radius ε to find sets for, in pixels scaled to [0, 1] or raw features. Default: null, for the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>
    /// The most classes in a set, 2 or more. A set never holds all classes, nor more than there are radii in the scored view, whatever this
    /// says. Default: 5, as CIFAR-100's superclasses have.
    /// </summary>
    public int MaximumSetSize { get; set; } = 5;

    /// <summary>
    /// The least VRA that each set must bring beside the others, on the rows that sets are found on: 0.002 is a fifth of a percentage
    /// point. Default: 0.002.
    /// </summary>
    public double MinimumGain { get; set; } = 0.002;

    /// <summary>
    /// The VRA that one more bit must bring. A certified label set of k classes leaves log2 k bits open, and what is maximized is VRA −
    /// BitPrice · (mean bits over all rows), so that large sets cost what they take from rows that need none. 0 asks for VRA at any loss of
    /// precision. Default: 0.1: halving everybody's set is worth ten percentage points.
    /// </summary>
    public double BitPrice { get; set; } = DefaultBitPrice;

    /// <summary>Whether a class may be in several sets. Default: false.</summary>
    public bool AllowOverlap { get; set; }

    /// <summary>
    /// Other rows that the same model scored, to report on; all of <c>scored</c> is then used to find sets. Default: null, to hold out a
    /// share of <c>scored</c>.
    /// </summary>
    public IDataView? HeldOut { get; set; }

    /// <summary>
    /// The share of the rows that sets are not found on but reported on, above 0 and below 1, if <see cref="HeldOut"/> is null. Default:
    /// 0.5.
    /// </summary>
    public double HeldOutFraction { get; set; } = 0.5;

    /// <summary>Which rows are held out. The same seed and number of rows choose the same rows. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// Stops between rows and between the sets that are tried, with <see cref="OperationCanceledException"/>. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>An independent copy.</summary>
    internal GloroAffinityDiscoveryOptions Copy() => (GloroAffinityDiscoveryOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0)
            throw new ArgumentException($"The options of affinity discovery cannot be used. {string.Join(' ', faults)}");
    }

    private IEnumerable<string> Faults()
    {
        foreach (string fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, BitPrice))
            yield return fault;
        if (MaximumSetSize < 2)
            yield return $"{nameof(MaximumSetSize)} must be at least 2, not {MaximumSetSize}.";
        if (!(MinimumGain is >= 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(MinimumGain)} is a share of the rows, from 0 to 1, not {MinimumGain}.");
        if (HeldOut is null && !(HeldOutFraction is > 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(HeldOutFraction)} must be above 0 and below 1, not {HeldOutFraction}.");
    }
}
