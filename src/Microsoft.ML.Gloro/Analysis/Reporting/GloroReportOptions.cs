using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>Options of <c>mlContext.Gloro.Report</c>. All values are copied when it begins.</summary>
public sealed class GloroReportOptions
{
    /// <summary>The title of the page. Default: "What is proved".</summary>
    public string Title { get; set; } = "What is proved";

    /// <summary>What the rows are, for the report's provenance: "EuroSAT, test part". Default: null, for nothing.</summary>
    public string? DataName { get; set; }

    /// <summary>The date in the report's provenance. Default: null, for today's in UTC.</summary>
    public DateOnly? Date { get; set; }

    /// <summary>
    /// The key column of the true classes, matched with the model's by name. Without labels, the report shows what is proved but no
    /// accuracies. Default: "Label".
    /// </summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>
    /// The column of images for the gallery: MLImage, an encoded image as a vector of bytes, or planar pixels scaled to [0, 1]. Default:
    /// null, for the column that <see cref="Model"/> reads, or else the only MLImage column; without images the gallery describes rows in
    /// words.
    /// </summary>
    public string? ImageColumnName { get; set; }

    /// <summary>
    /// The text column with the rows' names, usually paths of image files, of which the gallery shows the last part. Default: null, for a
    /// text column "ImagePath", or else the path that LoadImages leaves in an image's Tag; rows without a name have their number alone.
    /// </summary>
    public string? NameColumnName { get; set; }

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The guarantee that the report is about. Default: null, for the model's own.</summary>
    public RobustnessGuarantee? Guarantee { get; set; }

    /// <summary>
    /// The L2 radius ε that the report is about, in pixels scaled to [0, 1], raw features or tolerances. Default: null, for the model's
    /// own.
    /// </summary>
    public float? Epsilon { get; set; }

    /// <summary>
    /// The report compares RTK for K from 1 (local robustness) to this value, limited by the number of classes minus one and of radii.
    /// Default: 3; at most 10.
    /// </summary>
    public int LargestK { get; set; } = 3;

    /// <summary>More guarantees to compare, such as affinity sets. Default: none. At most 4.</summary>
    public IReadOnlyList<RobustnessGuarantee> Guarantees { get; set; } = [];

    /// <summary>The end of the ε axes. Default: null, for the ε at which few rows are still certified.</summary>
    public float? MaximumEpsilon { get; set; }

    /// <summary>
    /// How many rows the gallery shows of each kind (a set is proved but no single class, a single class is proved, nothing is proved).
    /// They are chosen by their index in the view, from different classes where possible, not by their content. Default: 6; at most 60; 0
    /// for no gallery, and then images are not read.
    /// </summary>
    public int GalleryImages { get; set; } = 6;

    /// <summary>
    /// The model that scored the view, a Gloro transformer or a chain with one. With it the report shows which pair of classes limits each
    /// radius, what ε looks like on images of the gallery, and the model's provenance: weight hash, layer bounds, versions, training
    /// options. Default: null.
    /// </summary>
    public ITransformer? Model { get; set; }

    /// <summary>The report of an audit of the model. Default: null.</summary>
    public GloroAuditReport? Audit { get; set; }

    /// <summary>
    /// What to compare with, side by side on the same rows: another model, or the same model under another guarantee. Default: null.
    /// </summary>
    public GloroReportComparison? CompareWith { get; set; }

    /// <summary>
    /// Coverage sets of the model as measured at one or more ε, such as the result of <c>mlContext.Gloro.EvaluateCoverageAt</c>. Default:
    /// none, and then the report has no section on them.
    /// </summary>
    public IReadOnlyList<GloroCoverageMetrics> Coverage { get; set; } = [];

    /// <summary>Cancels between rows, with <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Returns an independent copy.</summary>
    internal GloroReportOptions Copy()
    {
        var copy = (GloroReportOptions)MemberwiseClone();
        copy.Guarantees = Guarantees is null ? null! : [.. Guarantees];
        copy.CompareWith = CompareWith?.Copy();
        copy.Coverage = Coverage is null ? null! : [.. Coverage];
        return copy;
    }

    /// <summary>Throws one exception that lists all invalid values.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate() => OptionFaults.ThrowIfAny("the report", Faults());

    private IEnumerable<FormattableString> Faults()
    {
        foreach (var fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, bitPrice: 0))
            yield return fault;
        if (string.IsNullOrWhiteSpace(Title))
            yield return $"{nameof(Title)} is empty.";
        if (ImageColumnName is not null && string.IsNullOrWhiteSpace(ImageColumnName))
            yield return $"{nameof(ImageColumnName)} is empty; leave it null for none.";
        if (NameColumnName is not null && string.IsNullOrWhiteSpace(NameColumnName))
            yield return $"{nameof(NameColumnName)} is empty; leave it null for none.";
        if (DataName is not null && string.IsNullOrWhiteSpace(DataName))
            yield return $"{nameof(DataName)} is empty; leave it null for none.";
        if (LargestK is < 1 or > 10)
            yield return $"{nameof(LargestK)} must be from 1 to 10, not {LargestK}.";
        if (Guarantees is null || Guarantees.Any(guarantee => guarantee is null))
            yield return $"{nameof(Guarantees)} is null or holds null.";
        else if (Guarantees.Count > 4)
            yield return $"{nameof(Guarantees)} holds {Guarantees.Count}; a chart of more than 4 beside RTK cannot be read.";
        if (Coverage is null || Coverage.Any(metrics => metrics is null))
            yield return $"{nameof(Coverage)} is null or holds null.";
        else if (Coverage.Select(metrics => (metrics.Coverage, metrics.RowCount)).Distinct().Count() > 1)
            yield return $"{nameof(Coverage)} holds metrics of several calibrations or of different rows.";
        if (GalleryImages is < 0 or > 60)
            yield return $"{nameof(GalleryImages)} must be from 0 to 60, not {GalleryImages}.";
        if (MaximumEpsilon is { } limit && (!(limit > 0) || !float.IsFinite(limit)))
            yield return $"{nameof(MaximumEpsilon)} must be a finite number above 0, not {limit}.";
        foreach (var fault in CompareWith?.Faults() ?? [])
            yield return fault;
    }
}
