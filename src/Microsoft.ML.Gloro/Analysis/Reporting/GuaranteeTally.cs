using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Tallies what one guarantee proves, with the same code as Evaluate, and keeps the largest certified radius of each row. Uses twelve bytes
/// per row.
/// </summary>
internal sealed class GuaranteeTally
{
    private readonly string name;
    private readonly float epsilon;
    private readonly (string Light, string Dark) color;
    private readonly string dash;
    private readonly RowTally tally;
    private readonly List<float> certified = [];

    /// <param name="name">Its name in the report.</param>
    /// <param name="bound">The guarantee.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="color">Its color on light and on dark pages.</param>
    /// <param name="dash">The stroke-dasharray of its curve; empty for a solid line.</param>
    public GuaranteeTally(string name, ResolvedGuarantee bound, float epsilon, (string Light, string Dark) color, string dash)
    {
        (this.name, Bound, this.epsilon, this.color, this.dash) = (name, bound, epsilon, color, dash);
        tally = new(bound, epsilon);
    }

    public ResolvedGuarantee Bound { get; }

    public long Rows => tally.Rows;

    /// <summary>Adds a row.</summary>
    /// <param name="label">The class index, or one of LabelMap's negative numbers.</param>
    /// <param name="row">Its logits, radii and order.</param>
    /// <returns>What is certified.</returns>
    public CertifiedSet Add(int label, ReportRow row)
    {
        tally.Add(label, row.Logits, row.Radii);
        CertifiedSet set = row.IsFinite ? Certificate.Evaluate(Bound, row.Order, row.Radii, epsilon) : default;
        if (label != LabelMap.Missing)
            certified.Add(set.LargestRadius);
        return set;
    }

    public GuaranteeFindings ToFindings(
        CertificateArithmetic? arithmetic, IReadOnlyList<string> classNames, GloroTolerances? tolerances) =>
        new(name, tally.ToMetrics(Bound.Guarantee, arithmetic, classNames, classification: null, tolerances),
            new CertifiedAccuracyCurve(Bound.Guarantee, [.. certified]), color, dash);
}

/// <summary>What a guarantee proves for the rows of a report.</summary>
/// <param name="Name">Its name in the report: local, RT3, affinity.</param>
/// <param name="Metrics">The metrics that Evaluate computes; accuracies are meaningless without labels.</param>
/// <param name="Certified">The share of rows that are certified, right or wrong, over ε.</param>
/// <param name="Color">Its color on light and on dark pages.</param>
/// <param name="Dash">The stroke-dasharray of its curve; empty for a solid line.</param>
internal sealed record GuaranteeFindings(string Name, GloroMetrics Metrics, CertifiedAccuracyCurve Certified,
    (string Light, string Dark) Color, string Dash)
{
    public RobustnessGuarantee Guarantee => Metrics.Guarantee;
}
