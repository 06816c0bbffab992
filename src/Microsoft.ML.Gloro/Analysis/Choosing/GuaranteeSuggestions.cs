using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Guarantees compared on the same rows, and which of them is worth what it leaves open. Each relaxation proves more rows and says less of each, so VRA alone would always take the loosest; a price per bit
/// makes the two comparable. Immutable and safe for concurrent use; <see cref="ToString"/> prints a table.
/// </summary>
public sealed class GuaranteeSuggestions
{
    internal GuaranteeSuggestions()
    {
    }

    /// <summary>Local robustness, then RTK by K, then the affinity sets that were found, if any, and then the guarantees that were asked for.</summary>
    public required IReadOnlyList<GuaranteeSuggestion> All { get; init; }

    /// <summary>The one with the highest <see cref="GuaranteeSuggestion.Worth"/>; of equals the one that leaves fewer bits open, and then the first.</summary>
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
