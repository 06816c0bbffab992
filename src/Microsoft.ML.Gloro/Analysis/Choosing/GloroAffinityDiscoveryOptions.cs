using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of <c>mlContext.Gloro.DiscoverAffinitySets</c>. They are copied when it begins.
/// </summary>
public sealed class GloroAffinityDiscoveryOptions
{
    /// <summary>The key column of the true classes, matched to the model's by name. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The L2 radius ε, in pixels scaled to [0, 1], raw features or tolerances. Default: null, the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>
    /// The maximum number of classes in a set, 2 or more. A set never holds all classes, nor more than the scored view has radii. Default:
    /// 5, the size of CIFAR-100's superclasses.
    /// </summary>
    public int MaximumSetSize { get; set; } = 5;

    /// <summary>
    /// The minimum VRA that each set must add to the others, on the search rows. Default: 0.002, a fifth of a percentage point.
    /// </summary>
    public double MinimumGain { get; set; } = 0.002;

    /// <summary>
    /// The VRA that one more bit must add. A set of k classes leaves log2 k bits open, and the search maximizes VRA − BitPrice · (mean bits
    /// over all rows), so large sets pay for the precision lost on rows that did not need them. 0 ignores precision. Default: null, 1 /
    /// log2 C for C classes: .30 for ten, .15 for a hundred. At that price a set of all classes for every row would be worth nothing.
    /// </summary>
    public double? BitPrice { get; set; }

    /// <summary>Whether a class may be in several sets. Default: false.</summary>
    public bool AllowOverlap { get; set; }

    /// <summary>
    /// Held-out rows scored by the same model; the search then uses all of <c>scored</c>. Default: null, which holds out a share of
    /// <c>scored</c>.
    /// </summary>
    public IDataView? HeldOut { get; set; }

    /// <summary>
    /// The share of rows to hold out if <see cref="HeldOut"/> is null, above 0 and below 1. Default: 0.5.
    /// </summary>
    public double HeldOutFraction { get; set; } = 0.5;

    /// <summary>The seed that selects the held-out rows. The same seed and number of rows select the same rows. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// Stops between rows and between candidate sets, with <see cref="OperationCanceledException"/>. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>An independent copy.</summary>
    internal GloroAffinityDiscoveryOptions Copy() => (GloroAffinityDiscoveryOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate() => OptionFaults.ThrowIfAny("affinity discovery", Faults());

    private IEnumerable<FormattableString> Faults()
    {
        foreach (var fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, BitPrice))
            yield return fault;
        if (MaximumSetSize < 2)
            yield return $"{nameof(MaximumSetSize)} must be at least 2, not {MaximumSetSize}.";
        if (!(MinimumGain is >= 0 and <= 1))
            yield return $"{nameof(MinimumGain)} must be from 0 to 1, not {MinimumGain}.";
        if (HeldOut is null && !(HeldOutFraction is > 0 and < 1))
            yield return $"{nameof(HeldOutFraction)} must be above 0 and below 1, not {HeldOutFraction}.";
    }
}
