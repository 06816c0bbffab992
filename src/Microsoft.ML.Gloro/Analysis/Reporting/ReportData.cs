using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>All that a report is made of, after the one pass over the rows.</summary>
internal sealed record ReportData
{
    public required GloroReportOptions Options { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required float Epsilon { get; init; }

    /// <summary>Null if the view does not tell.</summary>
    public required CertificateArithmetic? Arithmetic { get; init; }

    /// <summary>Whether ε is in pixels scaled to [0, 1].</summary>
    public required bool IsImage { get; init; }

    /// <summary>Whether the rows that were counted have labels. If not, no row that was counted has one.</summary>
    public required bool HasLabels { get; init; }

    /// <summary>Rows whose logits are not finite; they are counted, as wrong and not certified.</summary>
    public required long NotFiniteRows { get; init; }

    /// <summary>Local robustness first, then RTK in order of K, then the others.</summary>
    public required IReadOnlyList<GuaranteeFindings> Guarantees { get; init; }

    /// <summary>That which the report is about.</summary>
    public required GuaranteeFindings Main { get; init; }

    /// <summary>How many rows are what under <see cref="Main"/>; the places are those of <see cref="RowOutcome"/>.</summary>
    public required IReadOnlyList<long> Outcomes { get; init; }

    /// <summary>For each class the rows that it is predicted for, and how many of them are certified under <see cref="Main"/>.</summary>
    public required IReadOnlyList<(long Rows, long Certified)> Predicted { get; init; }

    public required RadiusLimits Pairs { get; init; }

    public required IReadOnlyList<GalleryGroup> Gallery { get; init; }

    /// <summary>The axis that all charts over ε share.</summary>
    public required EpsilonAxis Axis { get; init; }

    /// <summary>The model that scored the rows, if it was given.</summary>
    public required GloroModel? Model { get; init; }

    public GuaranteeFindings Local => Guarantees[0];

    /// <summary>The rows that everything is a share of.</summary>
    public long RowCount => Main.Metrics.RowCount;

    /// <summary>"image" or "row".</summary>
    public string Row => IsImage ? "image" : "row";

    /// <summary>"images" or "rows".</summary>
    public string Rows => IsImage ? "images" : "rows";
}
