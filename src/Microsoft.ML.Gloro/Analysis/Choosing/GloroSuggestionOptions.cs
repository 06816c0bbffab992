using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>What <c>mlContext.Gloro.Suggest</c> compares, and by what price it chooses. All values are copied when it begins.</summary>
public sealed class GloroSuggestionOptions
{
    /// <summary>The key column of the true classes, matched with the model's by name. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The L2 radius ε to compare at, in pixels scaled to [0, 1] or raw features. Default: null, for the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>
    /// The VRA that one more bit must bring: of all guarantees, the one with the highest VRA − BitPrice ·
    /// <see cref="GuaranteeSuggestion.BitsLeftOpen"/> is chosen. From K = 2 to K = 4 the certified label sets grow by at most one bit.
    /// Default: 0.1, ten percentage points for a bit.
    /// </summary>
    public double BitPrice { get; set; } = GloroAffinityDiscoveryOptions.DefaultBitPrice;

    /// <summary>
    /// RTK is compared for K = 1 (local robustness) to this, or to one less than there are classes or radii if those are fewer. Default: 5.
    /// </summary>
    public int LargestK { get; set; } = 5;

    /// <summary>More guarantees to compare, such as affinity sets that you know of. Default: none.</summary>
    public IReadOnlyList<RobustnessGuarantee> Guarantees { get; set; } = [];

    /// <summary>
    /// How affinity sets are looked for, to be compared too; then all guarantees are measured on the rows that it holds out. Its label,
    /// prefix and ε, price and cancellation are those given here. Default: the defaults; null to look for none, and to measure on all rows.
    /// </summary>
    public GloroAffinityDiscoveryOptions? Discovery { get; set; } = new();

    /// <summary>
    /// Stops between rows and between the sets that are tried, with <see cref="OperationCanceledException"/>. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>An independent copy.</summary>
    internal GloroSuggestionOptions Copy()
    {
        var copy = (GloroSuggestionOptions)MemberwiseClone();
        copy.Guarantees = Guarantees is null ? null! : [.. Guarantees];
        if (Discovery is { } discovery)
        {
            copy.Discovery = discovery.Copy();
            (copy.Discovery.LabelColumnName, copy.Discovery.OutputColumnPrefix, copy.Discovery.Epsilon) = (LabelColumnName, OutputColumnPrefix, Epsilon);
            (copy.Discovery.BitPrice, copy.Discovery.CancellationToken) = (BitPrice, CancellationToken);
        }

        return copy;
    }

    /// <summary>Throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0)
            throw new ArgumentException($"The options of the suggestions cannot be used. {string.Join(' ', faults)}");
        Discovery?.Validate();
    }

    private IEnumerable<string> Faults()
    {
        foreach (string fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, BitPrice))
            yield return fault;
        if (LargestK < 1)
            yield return $"{nameof(LargestK)} must be at least 1, not {LargestK}.";
        if (Guarantees is null || Guarantees.Any(guarantee => guarantee is null))
            yield return $"{nameof(Guarantees)} is null or holds null.";
    }
}
