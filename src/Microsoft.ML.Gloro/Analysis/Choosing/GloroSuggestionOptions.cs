using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of <c>mlContext.Gloro.Suggest</c>: the guarantees to compare and the price of a bit. They are copied when it begins.
/// </summary>
public sealed class GloroSuggestionOptions
{
    /// <summary>The key column of the true classes, matched to the model's by name. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The L2 radius ε, in pixels scaled to [0, 1], raw features or tolerances. Default: null, the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>
    /// The VRA that one more bit must add: the guarantee with the highest VRA − BitPrice ·
    /// <see cref="GuaranteeSuggestion.BitsLeftOpen"/> is chosen. From K = 2 to K = 4 the loosest sets grow by at most one bit.
    /// Default: null, 1 / log2 C for C classes: .30 for ten, .15 for a hundred. At that price the answer "all classes", given for every
    /// row, would be worth nothing: its VRA is 1, and all log2 C bits stay open.
    /// </summary>
    public double? BitPrice { get; set; }

    /// <summary>
    /// The largest K of RTK to compare, starting from K = 1 (local robustness); limited by the number of radii and of classes less one.
    /// Default: 5.
    /// </summary>
    public int LargestK { get; set; } = 5;

    /// <summary>More guarantees to compare, such as known affinity sets. Default: none.</summary>
    public IReadOnlyList<RobustnessGuarantee> Guarantees { get; set; } = [];

    /// <summary>
    /// Options for discovering affinity sets to compare; all guarantees are then measured on the held-out rows. Label, prefix, ε, price and
    /// cancellation are taken from these options instead. Default: the defaults; null skips discovery and measures on all rows.
    /// </summary>
    public GloroAffinityDiscoveryOptions? Discovery { get; set; } = new();

    /// <summary>
    /// Stops between rows and between candidate sets, with <see cref="OperationCanceledException"/>. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>An independent copy.</summary>
    internal GloroSuggestionOptions Copy()
    {
        var copy = (GloroSuggestionOptions)MemberwiseClone();
        copy.Guarantees = Guarantees is null ? null! : [.. Guarantees];
        if (Discovery is { } discovery)
        {
            var own = copy.Discovery = discovery.Copy();
            (own.LabelColumnName, own.OutputColumnPrefix, own.Epsilon) = (LabelColumnName, OutputColumnPrefix, Epsilon);
            (own.BitPrice, own.CancellationToken) = (BitPrice, CancellationToken);
        }

        return copy;
    }

    /// <summary>Throws one exception that lists every fault.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate()
    {
        OptionFaults.ThrowIfAny("the suggestions", Faults());
        Discovery?.Validate();
    }

    private IEnumerable<FormattableString> Faults()
    {
        foreach (var fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, BitPrice))
            yield return fault;
        if (LargestK < 1)
            yield return $"{nameof(LargestK)} must be at least 1, not {LargestK}.";
        if (Guarantees is null || Guarantees.Any(guarantee => guarantee is null))
            yield return $"{nameof(Guarantees)} is null or holds null.";
    }
}
