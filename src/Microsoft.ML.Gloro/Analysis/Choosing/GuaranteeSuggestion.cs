namespace Microsoft.ML.Gloro;

/// <summary>One guarantee that could be taken, and what it would prove and leave open. Accuracies are fractions between 0 and 1.</summary>
public sealed class GuaranteeSuggestion
{
    internal GuaranteeSuggestion()
    {
    }

    /// <summary>The guarantee.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>Whether its affinity sets were found by the same call.</summary>
    public required bool IsDiscovered { get; init; }

    /// <summary>VRA under the guarantee.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>The standard error of <see cref="VerifiedRobustAccuracy"/>. Guarantees are measured on the same rows, so their differences are more certain than this.</summary>
    public required double StandardError { get; init; }

    /// <summary>Top-1 VRA: certified under the guarantee, and the top-1 class is the label.</summary>
    public required double Top1VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of rows that are certified, right or wrong.</summary>
    public required double CertifiedFraction { get; init; }

    /// <summary>The mean size of the certified label set over certified rows.</summary>
    public required double MeanCertifiedSetSize { get; init; }

    /// <summary>
    /// The mean over all rows of log2 of the size of the certified label set, in bits; a row that is not certified counts 0, since its loss is in VRA. 0 for local robustness.
    /// </summary>
    public required double BitsLeftOpen { get; init; }

    /// <summary>VRA − price · <see cref="BitsLeftOpen"/>.</summary>
    public required double Worth { get; init; }

    /// <summary>Whether no other guarantee has at least its VRA and no more bits, and is better in one of them. What is not can be left out of consideration whatever the price.</summary>
    public required bool IsParetoOptimal { get; init; }
}
