namespace Microsoft.ML.Gloro;

/// <summary>The metrics of the rows whose label is one class. All accuracies are fractions between 0 and 1, and 0 if there is no such row.</summary>
public sealed class GloroClassMetrics
{
    internal GloroClassMetrics()
    {
    }

    /// <summary>The class.</summary>
    public required string Name { get; init; }

    /// <summary>How many rows have this label.</summary>
    public required long RowCount { get; init; }

    /// <summary>How many of them are certified under the guarantee at ε, whether or not the label is in the certified label set.</summary>
    public required long CertifiedRowCount { get; init; }

    /// <summary>The fraction of them whose top-1 class is the label: the recall of the class.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>The fraction of them that are certified under the guarantee at ε and whose label is in the certified label set.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of them that are locally robust at ε and whose top-1 class is the label.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }
}
