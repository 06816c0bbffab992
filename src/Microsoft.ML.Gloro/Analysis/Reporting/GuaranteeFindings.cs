namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What a guarantee proves of the rows of a report.</summary>
/// <param name="Name">Its name in the report: local, RT3, affinity.</param>
/// <param name="Metrics">What Evaluate gives; accuracies mean nothing where there are no labels.</param>
/// <param name="Certified">The share of rows that are certified, right or wrong, over ε.</param>
/// <param name="Color">Its color on light and on dark pages.</param>
internal sealed record GuaranteeFindings(string Name, GloroMetrics Metrics, CertifiedAccuracyCurve Certified, (string Light, string Dark) Color)
{
    public RobustnessGuarantee Guarantee => Metrics.Guarantee;
}
