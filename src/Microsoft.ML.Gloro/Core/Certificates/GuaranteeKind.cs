namespace Microsoft.ML.Gloro;

/// <summary>Which label sets a <see cref="RobustnessGuarantee"/> lets a row be certified for.</summary>
public enum GuaranteeKind
{
    /// <summary>Only the top-1 class: no input within ε changes the predicted class.</summary>
    Local,

    /// <summary>Relaxed top-K robustness: the set of the k highest classes does not change within ε, for some k ≤ K.</summary>
    RelaxedTopK,

    /// <summary>Affinity robustness: as relaxed top-K, but only for sets of classes that belong together.</summary>
    Affinity,
}
