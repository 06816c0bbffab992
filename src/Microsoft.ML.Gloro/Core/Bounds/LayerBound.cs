namespace Microsoft.ML.Gloro.Core;

/// <summary>A proven upper bound of one layer's Lipschitz constant in L2, and how much of it the layer is known to reach.</summary>
/// <param name="Index">The layer's place in <c>DeployedNetwork.Layers</c>.</param>
/// <param name="Kind">The layer's kind, as in <c>DeployedLayer.Kind</c>.</param>
/// <param name="Method">How the bound was proved, in words.</param>
/// <param name="Bound">The bound, finite and not negative, rounded up.</param>
/// <param name="Attained">
/// A lower bound of the same constant, which a concrete pair of inputs attains: at least 0, rounded down, and never above <paramref name="Bound"/>. It says how sharp the bound
/// is; no certificate depends on it.
/// </param>
internal sealed record LayerBound(int Index, string Kind, string Method, double Bound, double Attained)
{
    /// <summary>By which fraction the bound may exceed the truth at most: 0 for a bound of 0; +∞ if nothing is known to be attained.</summary>
    public double Slack => Bound == 0 ? 0 : (Bound / Attained) - 1;
}
