
namespace Microsoft.ML.Gloro;

/// <summary>How the certified top-k set F^k must relate to an affinity set S.</summary>
public enum AffinityMatch
{
    /// <summary>F^k ⊆ S: the certified classes all belong to one affinity set. The default.</summary>
    Subset,

    /// <summary>F^k = S: the certified classes are one whole affinity set.</summary>
    Exact,
}
