namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What a trial is judged by, and is kept of it.</summary>
internal sealed record TrialMeasures
{
    public required double Metric { get; init; }

    public required double VerifiedRobustAccuracy { get; init; }

    public required double CleanAccuracy { get; init; }

    public required double Top1VerifiedRobustAccuracy { get; init; }

    public required double LocalVerifiedRobustAccuracy { get; init; }

    public required double MeanCertifiedSetSize { get; init; }
}
