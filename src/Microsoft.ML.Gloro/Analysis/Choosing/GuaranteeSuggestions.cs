using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Guarantees compared on the same rows, and which of them is worth what it leaves open. Each relaxation proves more rows and says less of
/// each, so VRA alone would always take the loosest; a price per bit makes the two comparable. Immutable and safe for concurrent use;
/// <see cref="ToString"/> prints a table.
/// </summary>
public sealed class GuaranteeSuggestions
{
    internal GuaranteeSuggestions()
    {
    }

    /// <summary>
    /// Local robustness, then RTK by K, then the affinity sets that were found, if any, and then the guarantees that were asked for.
    /// </summary>
    public required IReadOnlyList<GuaranteeSuggestion> All { get; init; }

    /// <summary>
    /// The one with the highest <see cref="GuaranteeSuggestion.Worth"/>; of equals the one that leaves fewer bits open, and then the first.
    /// </summary>
    public required GuaranteeSuggestion Best { get; init; }

    /// <summary>The same among local robustness and RTK: the K that is worth its loss of precision.</summary>
    public required GuaranteeSuggestion BestTopK { get; init; }

    /// <summary>The L2 radius that was compared at.</summary>
    public required float Epsilon { get; init; }

    /// <summary>The rows that were measured on.</summary>
    public required int RowCount { get; init; }

    /// <summary>The VRA that a bit had to bring.</summary>
    public required double BitPrice { get; init; }

    /// <summary>The affinity sets found, with their evidence; null if none were looked for.</summary>
    public required GloroAffinityDiscovery? Discovery { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => ChoiceTable.Write(this);
}

/// <summary>One guarantee that could be taken, and what it would prove and leave open. Accuracies are fractions between 0 and 1.</summary>
public sealed class GuaranteeSuggestion
{
    internal GuaranteeSuggestion()
    {
    }

    /// <summary>The guarantee.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>Whether its affinity sets were found by the same call.</summary>
    public required bool IsDiscovered { get; init; }

    /// <summary>VRA under the guarantee.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>
    /// The standard error of <see cref="VerifiedRobustAccuracy"/>. Guarantees are measured on the same rows, so their differences are more
    /// certain than this.
    /// </summary>
    public required double StandardError { get; init; }

    /// <summary>Top-1 VRA: certified under the guarantee, and the top-1 class is the label.</summary>
    public required double Top1VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of rows that are certified, right or wrong.</summary>
    public required double CertifiedFraction { get; init; }

    /// <summary>The mean size of the certified label set over certified rows.</summary>
    public required double MeanCertifiedSetSize { get; init; }

    /// <summary>
    /// The mean over all rows of log2 of the size of the certified label set, in bits; a row that is not certified counts 0, since its loss
    /// is in VRA. 0 for local robustness.
    /// </summary>
    public required double BitsLeftOpen { get; init; }

    /// <summary>VRA − price · <see cref="BitsLeftOpen"/>.</summary>
    public required double Worth { get; init; }

    /// <summary>
    /// Whether no other guarantee has at least its VRA and no more bits, and is better in one of them. What is not can be left out of
    /// consideration whatever the price.
    /// </summary>
    public required bool IsParetoOptimal { get; init; }
}
