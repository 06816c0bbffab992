using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// The affinity sets that <c>mlContext.Gloro.DiscoverAffinitySets</c> proposes, with their evidence. Immutable and safe for
/// concurrent use; <see cref="ToString"/> prints a table.
/// </summary>
/// <remarks>
/// The sets help proofs; they need not be meaningful. Decide yourself whether confusing their classes is harmless. All accuracies are
/// fractions between 0 and 1, measured on held-out rows unless noted.
/// </remarks>
public sealed class GloroAffinityDiscovery
{
    internal GloroAffinityDiscovery()
    {
    }

    /// <summary>The sets, by falling gain on the search rows; null if no set is worth proposing.</summary>
    public required AffinitySets? Sets { get; init; }

    /// <summary>Affinity robustness with <see cref="Sets"/>; local robustness if there are none.</summary>
    public RobustnessGuarantee Guarantee => Sets is { } sets ? RobustnessGuarantee.Affinity(sets) : RobustnessGuarantee.Local;

    /// <summary>The gain of each of <see cref="Sets"/>, in the same order.</summary>
    public required IReadOnlyList<GloroDiscoveredSet> Details { get; init; }

    /// <summary>The L2 radius ε of the search.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Whether ε and the radii are measured in tolerances of the features.</summary>
    internal bool InTolerances { get; init; }

    /// <summary>The largest set size that was searched.</summary>
    public required int MaximumSetSize { get; init; }

    /// <summary>The VRA that one bit had to add.</summary>
    public required double BitPrice { get; init; }

    /// <summary>The number of search rows.</summary>
    public required int FindingRowCount { get; init; }

    /// <summary>The share of search rows that do not count for local VRA.</summary>
    public required double BlockedFraction { get; init; }

    /// <summary>
    /// The share of search rows that some set of at most <see cref="MaximumSetSize"/> classes would make count: the largest possible gain
    /// at that size.
    /// </summary>
    public required double HelpedFraction { get; init; }

    /// <summary>The pairs of classes that block the most search rows, worst first, at most 20.</summary>
    public required IReadOnlyList<GloroBlockingPair> BlockingPairs { get; init; }

    /// <summary>The number of held-out rows, on which everything below is measured.</summary>
    public required int HeldOutRowCount { get; init; }

    /// <summary>VRA under local robustness.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>VRA under affinity robustness with the sets; equals <c>mlContext.Gloro.Evaluate</c> on the held-out rows.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>VRA − local VRA.</summary>
    public required double Gain { get; init; }

    /// <summary>The standard error of <see cref="Gain"/>, from paired differences on the same rows.</summary>
    public required double GainStandardError { get; init; }

    /// <summary>The mean size of the loosest set that holds, over certified rows. VRA counts labels in these sets.</summary>
    public required double MeanLoosestSetSize { get; init; }

    /// <summary>
    /// The mean over rows of log2 of the size of the loosest set that holds, in bits. Uncertified rows count 0, since they already lower
    /// VRA. Local robustness leaves 0 bits open; a set of all C classes would leave log2 C.
    /// </summary>
    public required double BitsLeftOpen { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => ChoiceTable.Write(this);
}

/// <summary>
/// One discovered affinity set and its gain. Accuracies are fractions of the held-out rows unless noted.
/// </summary>
public sealed class GloroDiscoveredSet
{
    internal GloroDiscoveredSet()
    {
    }

    /// <summary>The classes, by name.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>VRA with all other sets but without this one.</summary>
    public required double VerifiedRobustAccuracyWithout { get; init; }

    /// <summary>The VRA this set adds to the others: VRA with all sets − <see cref="VerifiedRobustAccuracyWithout"/>.</summary>
    public required double Gain { get; init; }

    /// <summary>The standard error of <see cref="Gain"/>, from paired differences on the same rows.</summary>
    public required double GainStandardError { get; init; }

    /// <summary>The gain of this set alone: VRA with only this set − local VRA. Equals <see cref="Gain"/> unless sets overlap.</summary>
    public required double GainAlone { get; init; }

    /// <summary><see cref="Gain"/> on the search rows. It is optimistic, because the search maximized it.</summary>
    public required double FindingGain { get; init; }

    /// <summary>
    /// The mean bits per row that this set adds to the others: see <see cref="GloroAffinityDiscovery.BitsLeftOpen"/>.
    /// </summary>
    public required double Bits { get; init; }

    /// <summary>The set and its gain in a line, in the invariant culture.</summary>
    public override string ToString() => string.Join(" + ", Classes) +
        FormattableString.Invariant($": gain {Gain:F4} ± {GainStandardError:F4} VRA, {Bits:F3} bits");
}

/// <summary>Two classes whose small margins prevent certificates.</summary>
/// <param name="First">The first class.</param>
/// <param name="Second">The second class.</param>
/// <param name="RowCount">
/// Rows that local robustness does not prove, and whose smallest top-k set that cannot change within ε and holds the label has both classes
/// in it. With two classes in that set, either the margin (y_j − y_i) / K_ij between these two is the one that is not above ε, or the label
/// is the second of them.
/// </param>
/// <param name="Share">The same as a fraction of the search rows.</param>
public sealed record GloroBlockingPair(string First, string Second, long RowCount, double Share);
