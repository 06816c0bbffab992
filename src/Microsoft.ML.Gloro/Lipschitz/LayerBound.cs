namespace Microsoft.ML.Gloro.Lipschitz;

/// <summary>A proven upper bound of one layer's Lipschitz constant in L2.</summary>
/// <param name="Index">The layer's place in <c>PlainNetwork.Layers</c>.</param>
/// <param name="Kind">The layer's kind, as in <c>PlainLayer.Kind</c>.</param>
/// <param name="Method">How the bound was proved, in words.</param>
/// <param name="Bound">The bound, finite and not negative, rounded up.</param>
internal sealed record LayerBound(int Index, string Kind, string Method, double Bound);
