namespace Microsoft.ML.Gloro;

/// <summary>Where a sweep stands after a trial.</summary>
public sealed record GloroSweepProgress
{
    /// <summary>The trial that has just ended.</summary>
    public required GloroSweepTrial Trial { get; init; }

    /// <summary>The best one so far; null while all have failed.</summary>
    public required GloroSweepTrial? Best { get; init; }

    /// <summary>Trials done, over all rungs.</summary>
    public required int Done { get; init; }

    /// <summary>Trials to do at most, over all rungs.</summary>
    public required int Total { get; init; }

    /// <summary>The time since the sweep began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Done} of {Total}, {(long)Elapsed.TotalHours:00}:{Elapsed:mm\\:ss} elapsed: {Trial}");
}
