namespace Microsoft.ML.Gloro;

/// <summary>One affinity set that was found, and what it brings. Accuracies are fractions of the rows, which sets were not found on unless it is said.</summary>
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

    /// <summary>The bits that it leaves open beside the others, the mean over rows: see <see cref="GloroAffinityDiscovery.BitsLeftOpen"/>.</summary>
    public required double Bits { get; init; }
}
