namespace Microsoft.ML.Gloro;

/// <summary>Where an audit stands.</summary>
public sealed record GloroAuditProgress
{
    /// <summary>What is being done.</summary>
    public required GloroAuditStage Stage { get; init; }

    /// <summary>How much of it is done: rows, pairs of classes, or 1 for the bounds.</summary>
    public required int Done { get; init; }

    /// <summary>How much there is to do.</summary>
    public required int Total { get; init; }

    /// <summary>The time since the audit began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"audit, {Stage}: {Done} of {Total}, {(long)Elapsed.TotalHours:00}:{Elapsed:mm\\:ss} elapsed");
}
