namespace Microsoft.ML.Gloro;

/// <summary>The robust accuracy of the audited rows at the model's ε, from both sides: VRA ≤ the true one ≤ what the attacks left.</summary>
public sealed record GloroAuditAccuracy
{
    internal GloroAuditAccuracy()
    {
    }

    /// <summary>The audited rows with a label. All accuracies are fractions of them.</summary>
    public required int RowCount { get; init; }

    /// <summary>The fraction whose label is in the largest top-k set that the guarantee allows: <see cref="GloroMetrics.TopKAccuracy"/> of these rows, top-1 accuracy under local robustness.</summary>
    public required double TopKAccuracy { get; init; }

    /// <summary>VRA of these rows: the lower bound, by proof.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>The upper bound: the fraction whose label was in that set and stayed there in all attacks within ε. Rows that were not reached count as right.</summary>
    public required double EmpiricalRobustAccuracy { get; init; }

    /// <summary>The rows that are right without proof, and how many of them were attacked.</summary>
    public required int UnprovedRows { get; init; }

    /// <inheritdoc cref="UnprovedRows"/>
    public required int AttackedRows { get; init; }
}
