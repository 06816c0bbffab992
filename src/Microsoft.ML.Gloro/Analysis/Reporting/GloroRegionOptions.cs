using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>Options of <c>mlContext.Gloro.DrawDecisionRegions</c>. All values are copied when it begins.</summary>
public sealed class GloroRegionOptions
{
    /// <summary>
    /// The guarantees to draw, one panel each; at most 6. Default: empty, for local robustness, RTK (K of the model's guarantee, or 2) and
    /// the model's own.
    /// </summary>
    public IReadOnlyList<RobustnessGuarantee> Guarantees { get; set; } = [];

    /// <summary>The L2 radius ε, in the units of the features. Default: null, for the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>The key column of the classes, which colors the points; without it points are hollow. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>
    /// The number of grid points across and down. The model scores each of them, and the drawing holds for these points only. Default: 180;
    /// from 16 to 1000.
    /// </summary>
    public int Resolution { get; set; } = 180;

    /// <summary>The maximum number of rows to show as points, chosen by their index. Default: 200; 0 for none.</summary>
    public int MaximumPoints { get; set; } = 200;

    /// <summary>Returns an independent copy.</summary>
    internal GloroRegionOptions Copy()
    {
        var copy = (GloroRegionOptions)MemberwiseClone();
        copy.Guarantees = Guarantees is null ? null! : [.. Guarantees];
        return copy;
    }

    /// <summary>Throws one exception that lists all invalid values.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate() => OptionFaults.ThrowIfAny("the drawing", Faults());

    private IEnumerable<FormattableString> Faults()
    {
        if (Guarantees is null || Guarantees.Any(guarantee => guarantee is null))
            yield return $"{nameof(Guarantees)} is null or holds null.";
        else if (Guarantees.Count > 6)
            yield return $"{nameof(Guarantees)} holds {Guarantees.Count}; at most 6 panels are drawn.";
        if (Epsilon is { } radius && (!(radius >= 0) || !float.IsFinite(radius)))
            yield return $"{nameof(Epsilon)} must be a finite number, 0 or more, not {radius}.";
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
        if (Resolution is < 16 or > 1000)
            yield return $"{nameof(Resolution)} must be from 16 to 1000, not {Resolution}.";
        if (MaximumPoints < 0)
            yield return $"{nameof(MaximumPoints)} must be at least 0, not {MaximumPoints}.";
    }
}
