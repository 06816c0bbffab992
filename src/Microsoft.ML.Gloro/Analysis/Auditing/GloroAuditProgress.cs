namespace Microsoft.ML.Gloro;

/// <summary>The progress of an audit.</summary>
public sealed record GloroAuditProgress
{
    /// <summary>The current stage.</summary>
    public required GloroAuditStage Stage { get; init; }

    /// <summary>Items done in this stage: rows, pairs of classes, or 1 for the bounds.</summary>
    public required int Done { get; init; }

    /// <summary>Items in this stage; 0 if it has nothing to do.</summary>
    public required int Total { get; init; }

    /// <summary>The time since the audit began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string done = Total == 0 ? "nothing to do" : FormattableString.Invariant($"{Done} of {Total}");
        return FormattableString.Invariant($"audit, {Stage}: {done}, {(long)Elapsed.TotalHours:00}:{Elapsed:mm\\:ss} elapsed");
    }
}

/// <summary>The stages of an audit, in order.</summary>
public enum GloroAuditStage
{
    /// <summary>The bounds are recomputed and compared with the stored ones, and the weights' hash is checked.</summary>
    Bounds,

    /// <summary>Rows are read, scored and certified.</summary>
    Rows,

    /// <summary>Certified rows are attacked within their certified radius.</summary>
    Certificates,

    /// <summary>
    /// The decision boundary near some rows is found, and certificates of points near it are attacked down to the last bits.
    /// </summary>
    Boundary,

    /// <summary>Rows that are right but not certified are attacked at ε.</summary>
    RobustAccuracy,

    /// <summary>Labeled rows of a calibrated model are attacked at ε, to drive their label out of the coverage set.</summary>
    Coverage,

    /// <summary>Lower bounds of margin Lipschitz constants are searched.</summary>
    Lipschitz,
}
