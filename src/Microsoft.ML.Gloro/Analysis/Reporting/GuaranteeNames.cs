namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Short names of guarantees, for charts and tables.</summary>
internal static class GuaranteeNames
{
    /// <summary>"local", "RT3" or "affinity".</summary>
    public static string Of(RobustnessGuarantee guarantee) => guarantee.Kind switch
    {
        GuaranteeKind.Local => "local",
        GuaranteeKind.RelaxedTopK => FormattableString.Invariant($"RT{guarantee.K}"),
        _ => "affinity",
    };

    /// <summary>The same guarantee, with local robustness for RT1: they certify the same.</summary>
    public static RobustnessGuarantee Simplest(RobustnessGuarantee guarantee) =>
        guarantee is { Kind: GuaranteeKind.RelaxedTopK, K: 1 } ? RobustnessGuarantee.Local : guarantee;
}
