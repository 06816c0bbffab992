namespace Microsoft.ML.Gloro;

/// <summary>Which layers of an initial model are trained.</summary>
public enum GloroTrainedLayers
{
    /// <summary>All layers.</summary>
    All,

    /// <summary>
    /// Only the last layer, with its row and bias per class; all weights before it stay the same, bit for bit. What these layers compute
    /// for each training row is computed once, so an epoch takes a fraction of a second.
    /// </summary>
    Last,
}
