using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>What <c>mlContext.Gloro.Report</c> shows. All values are copied when it begins.</summary>
public sealed class GloroReportOptions
{
    /// <summary>What stands at the top. Default: "What is proved".</summary>
    public string Title { get; set; } = "What is proved";

    /// <summary>
    /// The key column of the true classes, matched with the model's by name. Without such a column, or where it is missing in all rows, the report says what is proved and nothing of accuracies.
    /// Default: "Label".
    /// </summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>
    /// The column of images for the gallery: MLImage, an encoded image as a vector of bytes, or planar pixels scaled to [0, 1]. Default: null, for what <see cref="Model"/> reads, or else the only
    /// column of MLImage; without any the gallery tells of its rows in words.
    /// </summary>
    public string? ImageColumnName { get; set; }

    /// <summary>The prefix of the scored columns. Default: "".</summary>
    public string OutputColumnPrefix { get; set; } = "";

    /// <summary>The guarantee that the report is about. Default: null, for the model's own.</summary>
    public RobustnessGuarantee? Guarantee { get; set; }

    /// <summary>The L2 radius ε that the report is about, in pixels scaled to [0, 1] or raw features. Default: null, for the model's own.</summary>
    public float? Epsilon { get; set; }

    /// <summary>RTK is compared for K = 1 (local robustness) to this, or to one less than there are classes or radii if those are fewer. Default: 3; at most 10.</summary>
    public int LargestK { get; set; } = 3;

    /// <summary>More guarantees to compare, such as affinity sets. Default: none. At most 4.</summary>
    public IReadOnlyList<RobustnessGuarantee> Guarantees { get; set; } = [];

    /// <summary>Where the axes of ε end. Default: null, for where hardly a row is certified any more.</summary>
    public float? MaximumEpsilon { get; set; }

    /// <summary>
    /// How many rows the gallery shows of each kind (a set is proved but no single class, a single class is proved, nothing is proved). They are chosen by their number in the view, of different
    /// classes where possible, and not by what they look like. Default: 6; 0 for no gallery, and images are not read then; at most 60.
    /// </summary>
    public int GalleryImages { get; set; } = 6;

    /// <summary>
    /// The model that scored the view, a Gloro transformer or a chain with one. With it the report knows which pair of classes limits every radius, and where the model comes from: the weights' hash,
    /// the bounds of all layers, versions, training options. Default: null.
    /// </summary>
    public ITransformer? Model { get; set; }

    /// <summary>What an audit of the model found. Default: null.</summary>
    public GloroAuditReport? Audit { get; set; }

    /// <summary>Stops between rows, with <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>A copy that nobody else holds.</summary>
    internal GloroReportOptions Copy()
    {
        var copy = (GloroReportOptions)MemberwiseClone();
        copy.Guarantees = Guarantees is null ? null! : [.. Guarantees];
        return copy;
    }

    /// <summary>Throws one exception that names everything that is wrong.</summary>
    /// <exception cref="ArgumentException">One or more values cannot be used.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0)
            throw new ArgumentException($"The options of the report cannot be used. {string.Join(' ', faults)}");
    }

    private IEnumerable<string> Faults()
    {
        foreach (string fault in EvaluationArguments.ChoiceFaults(LabelColumnName, OutputColumnPrefix, Epsilon, bitPrice: 0))
            yield return fault;
        if (string.IsNullOrWhiteSpace(Title))
            yield return $"{nameof(Title)} is empty.";
        if (ImageColumnName is not null && string.IsNullOrWhiteSpace(ImageColumnName))
            yield return $"{nameof(ImageColumnName)} is empty; leave it null for none.";
        if (LargestK is < 1 or > 10)
            yield return $"{nameof(LargestK)} must be from 1 to 10, not {LargestK}.";
        if (Guarantees is null || Guarantees.Any(guarantee => guarantee is null))
            yield return $"{nameof(Guarantees)} is null or holds null.";
        else if (Guarantees.Count > 4)
            yield return $"{nameof(Guarantees)} holds {Guarantees.Count}; a chart of more than 4 beside RTK cannot be read.";
        if (GalleryImages is < 0 or > 60)
            yield return $"{nameof(GalleryImages)} must be from 0 to 60, not {GalleryImages}.";
        if (MaximumEpsilon is { } limit && (!(limit > 0) || !float.IsFinite(limit)))
            yield return FormattableString.Invariant($"{nameof(MaximumEpsilon)} must be a finite number above 0, not {limit}.");
    }
}
