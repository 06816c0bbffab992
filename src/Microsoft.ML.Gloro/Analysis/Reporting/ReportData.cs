using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Everything a report shows, collected in one pass over the rows.</summary>
internal sealed record ReportData
{
    public required GloroReportOptions Options { get; init; }

    /// <summary>The view that was read.</summary>
    public required IDataView Scored { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required float Epsilon { get; init; }

    /// <summary>Null if the view does not record it.</summary>
    public required CertificateArithmetic? Arithmetic { get; init; }

    /// <summary>How far each feature can be off, in which ε is measured; null if it is an L2 distance.</summary>
    public required GloroTolerances? Tolerances { get; init; }

    /// <summary>Whether ε is in pixels scaled to [0, 1].</summary>
    public required bool IsImage { get; init; }

    /// <summary>Whether the counted rows have labels. Either all have one or none has.</summary>
    public required bool HasLabels { get; init; }

    /// <summary>Rows whose logits are not finite; they count as wrong and not certified.</summary>
    public required long NotFiniteRows { get; init; }

    /// <summary>Local robustness first, then RTK in order of K, then the others.</summary>
    public required IReadOnlyList<GuaranteeFindings> Guarantees { get; init; }

    /// <summary>The guarantee that the report is about.</summary>
    public required GuaranteeFindings Main { get; init; }

    /// <summary>Row counts under <see cref="Main"/>, indexed by <see cref="RowOutcome"/>.</summary>
    public required IReadOnlyList<long> Outcomes { get; init; }

    /// <summary>For each class, the rows predicted as it and how many of them are certified under <see cref="Main"/>.</summary>
    public required IReadOnlyList<(long Rows, long Certified)> Predicted { get; init; }

    public required RadiusLimits Pairs { get; init; }

    public required IReadOnlyList<GalleryGroup<GalleryKind, GalleryRow>> Gallery { get; init; }

    /// <summary>The axis that all charts over ε share.</summary>
    public required EpsilonAxis Axis { get; init; }

    /// <summary>The model that scored the rows, if it was given.</summary>
    public required GloroModel? Model { get; init; }

    /// <summary>What is compared; null if nothing is.</summary>
    public required ComparisonData? Comparison { get; init; }

    public GuaranteeFindings Local => Guarantees[0];

    /// <summary>The number of rows that all shares refer to.</summary>
    public long RowCount => Main.Metrics.RowCount;

    /// <summary>"image" or "row".</summary>
    public string Row => IsImage ? "image" : "row";

    /// <summary>"images" or "rows".</summary>
    public string Rows => IsImage ? "images" : "rows";
}

/// <summary>The outcome of a row at ε under the report's guarantee.</summary>
internal enum RowOutcome
{
    /// <summary>One class is proved, and it is the label, if there are labels.</summary>
    ProvedOneClass,

    /// <summary>A set is proved and holds the label, if there are labels, but one class alone is not proved.</summary>
    ProvedSet,

    /// <summary>A set is proved, and the label is not in it.</summary>
    ProvedWrong,

    /// <summary>Nothing is proved.</summary>
    NotProved,
}
