using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Guarantees compared on the same rows, and the best trade-off. A looser guarantee certifies more rows but less precisely, so VRA alone
/// would always choose the loosest; the price per bit sets the trade-off. Immutable and safe for concurrent use; <see cref="ToString"/>
/// prints a table.
/// </summary>
public sealed class GuaranteeSuggestions
{
    internal GuaranteeSuggestions()
    {
    }

    /// <summary>
    /// Local robustness, then RTK by K, then the discovered affinity sets if any, then the requested guarantees.
    /// </summary>
    public required IReadOnlyList<GuaranteeSuggestion> All { get; init; }

    /// <summary>
    /// The one with the highest <see cref="GuaranteeSuggestion.Worth"/> among those that are not
    /// <see cref="GuaranteeSuggestion.IsTooLoose"/>; ties go to fewer bits left open, then to the first.
    /// </summary>
    public required GuaranteeSuggestion Best { get; init; }

    /// <summary>The best among local robustness and RTK, by the same rule.</summary>
    public required GuaranteeSuggestion BestTopK { get; init; }

    /// <summary>The L2 radius ε of the comparison.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Whether ε and the radii are measured in tolerances of the features.</summary>
    internal bool InTolerances { get; init; }

    /// <summary>The number of rows measured.</summary>
    public required int RowCount { get; init; }

    /// <summary>The VRA that one bit had to add.</summary>
    public required double BitPrice { get; init; }

    /// <summary>C.</summary>
    internal int ClassCount { get; init; }

    /// <summary>The discovered affinity sets with their evidence; null if discovery was skipped.</summary>
    public required GloroAffinityDiscovery? Discovery { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => ChoiceTable.Write(this);
}

/// <summary>The metrics of one compared guarantee. Accuracies are fractions between 0 and 1.</summary>
public sealed class GuaranteeSuggestion
{
    internal GuaranteeSuggestion()
    {
    }

    /// <summary>The guarantee.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>Whether its affinity sets were discovered by the same call.</summary>
    public required bool IsDiscovered { get; init; }

    /// <summary>VRA under the guarantee.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>
    /// The standard error of <see cref="VerifiedRobustAccuracy"/>. Guarantees are measured on the same rows, so their differences are more
    /// precise than this.
    /// </summary>
    public required double StandardError { get; init; }

    /// <summary>Top-1 VRA: certified under the guarantee, and the top-1 class is the label.</summary>
    public required double Top1VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of rows that are certified, right or wrong.</summary>
    public required double CertifiedFraction { get; init; }

    /// <summary>The mean size of the loosest set that holds, over certified rows. VRA counts labels in these sets.</summary>
    public required double MeanLoosestSetSize { get; init; }

    /// <summary>
    /// The mean over all rows of log2 of the size of the loosest set that holds, in bits. Uncertified rows count 0, since they already
    /// lower VRA. 0 for local robustness.
    /// </summary>
    public required double BitsLeftOpen { get; init; }

    /// <summary>VRA − price · <see cref="BitsLeftOpen"/>.</summary>
    public required double Worth { get; init; }

    /// <summary>
    /// Whether no other guarantee is at least as good in both VRA and bits and better in one. If false, it is not the best at any price.
    /// </summary>
    public required bool IsParetoOptimal { get; init; }

    /// <summary>
    /// Whether it allows a set of more than half of the classes. Such a set tells less than one bit about the class, so the guarantee is
    /// compared and never chosen as the best, at any price.
    /// </summary>
    public required bool IsTooLoose { get; init; }

    /// <summary>The guarantee and its figures in a line, in the invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Guarantee}: VRA {VerifiedRobustAccuracy:F4} ± {StandardError:F4}, {BitsLeftOpen:F3} bits left open, worth {Worth:F4}");
}
