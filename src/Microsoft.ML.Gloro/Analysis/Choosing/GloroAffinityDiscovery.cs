using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// The affinity sets that <c>mlContext.Gloro.DiscoverAffinitySets</c> proposes, and the evidence for them. Immutable and safe for
/// concurrent use; <see cref="ToString"/> prints a table.
/// </summary>
/// <remarks>
/// The sets are those that help proofs, not those that mean something: whether a highway may be taken for a river without harm is for you
/// to say. All accuracies are fractions between 0 and 1, of held-out rows, which the sets were not found on.
/// </remarks>
public sealed class GloroAffinityDiscovery
{
    internal GloroAffinityDiscovery()
    {
    }

    /// <summary>The sets, the one that brings most on the rows they were found on first; null if none is worth proposing.</summary>
    public required AffinitySets? Sets { get; init; }

    /// <summary>Affinity robustness with <see cref="Sets"/>; local robustness if there are none.</summary>
    public RobustnessGuarantee Guarantee => Sets is { } sets ? RobustnessGuarantee.Affinity(sets) : RobustnessGuarantee.Local;

    /// <summary>What each of <see cref="Sets"/> brings, in the same order.</summary>
    public required IReadOnlyList<GloroDiscoveredSet> Details { get; init; }

    /// <summary>The L2 radius that the sets are for.</summary>
    public required float Epsilon { get; init; }

    /// <summary>The largest set that could be proposed.</summary>
    public required int MaximumSetSize { get; init; }

    /// <summary>The VRA that a bit had to bring.</summary>
    public required double BitPrice { get; init; }

    /// <summary>The rows that sets were found on.</summary>
    public required int FindingRowCount { get; init; }

    /// <summary>The share of those that local robustness does not prove.</summary>
    public required double BlockedFraction { get; init; }

    /// <summary>
    /// The share of those that some set of <see cref="MaximumSetSize"/> classes or fewer would prove: what affinity sets of that size could
    /// bring at the very most.
    /// </summary>
    public required double HelpedFraction { get; init; }

    /// <summary>The pairs of classes that block most of those rows, at most 20, the worst first.</summary>
    public required IReadOnlyList<GloroBlockingPair> BlockingPairs { get; init; }

    /// <summary>The rows that everything below is measured on.</summary>
    public required int HeldOutRowCount { get; init; }

    /// <summary>VRA under local robustness.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>VRA under affinity robustness with the sets: what <c>mlContext.Gloro.Evaluate</c> gives for the held-out rows.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>VRA − local VRA.</summary>
    public required double Gain { get; init; }

    /// <summary>The standard error of <see cref="Gain"/>, that of the mean of paired differences: the same rows with and without.</summary>
    public required double GainStandardError { get; init; }

    /// <summary>The mean size of the certified label set over certified rows.</summary>
    public required double MeanCertifiedSetSize { get; init; }

    /// <summary>
    /// The mean over rows of log2 of the size of the certified label set, in bits: what the guarantee leaves open where it proves
    /// something. A row that is not certified counts 0, since its loss is in VRA. Local robustness leaves 0 bits open, a set of all C
    /// classes would leave log2 C.
    /// </summary>
    public required double BitsLeftOpen { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => ChoiceTable.Write(this);
}

/// <summary>
/// One affinity set that was found, and what it brings. Accuracies are fractions of the rows, which sets were not found on unless it is
/// said.
/// </summary>
public sealed class GloroDiscoveredSet
{
    internal GloroDiscoveredSet()
    {
    }

    /// <summary>The classes, by name.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>VRA with all the other sets and without this one.</summary>
    public required double VerifiedRobustAccuracyWithout { get; init; }

    /// <summary>What it brings beside the others: VRA with all sets − <see cref="VerifiedRobustAccuracyWithout"/>.</summary>
    public required double Gain { get; init; }

    /// <summary>The standard error of <see cref="Gain"/>, that of the mean of paired differences: the same rows with and without.</summary>
    public required double GainStandardError { get; init; }

    /// <summary>What it brings alone: VRA with this set only − local VRA. The same as <see cref="Gain"/> unless sets overlap.</summary>
    public required double GainAlone { get; init; }

    /// <summary>The same as <see cref="Gain"/> on the rows that the set was found on; it flatters, being what was looked for.</summary>
    public required double FindingGain { get; init; }

    /// <summary>
    /// The bits that it leaves open beside the others, the mean over rows: see <see cref="GloroAffinityDiscovery.BitsLeftOpen"/>.
    /// </summary>
    public required double Bits { get; init; }
}

/// <summary>Two classes that keep rows from being proved.</summary>
/// <param name="First">A class.</param>
/// <param name="Second">Another.</param>
/// <param name="RowCount">
/// Rows that local robustness does not prove, and whose smallest top-k set that cannot change within ε and holds the label has both classes
/// in it. With two classes in that set, either the margin (y_j − y_i) / K_ij between these two is the one that is not above ε, or the label
/// is the second of them.
/// </param>
/// <param name="Share">The same, as a fraction of the rows that were looked at.</param>
public sealed record GloroBlockingPair(string First, string Second, long RowCount, double Share);
