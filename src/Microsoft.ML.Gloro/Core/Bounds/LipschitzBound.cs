namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A proven upper bound κ of the Lipschitz constant from the input to the penultimate layer, and the hash of the weights it was proved for.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class LipschitzBound
{
    /// <param name="value">κ, finite and not negative.</param>
    /// <param name="layers">The bounds of all layers but the final one.</param>
    /// <param name="weightHash">The <see cref="WeightHash"/> of the network it was proved for.</param>
    /// <exception cref="ArgumentException">A bound, or what is attained of one, is negative or not finite.</exception>
    public LipschitzBound(double value, IReadOnlyList<LayerBound> layers, string weightHash)
    {
        if (!IsBound(value))
            throw new ArgumentException($"A Lipschitz bound must be finite and not negative, not {value}.", nameof(value));
        if (layers.FirstOrDefault(layer => !IsBound(layer.Bound)) is { } bad)
            throw new ArgumentException(
                $"The bound of layer {bad.Index} ({bad.Kind}) must be finite and not negative, not {bad.Bound}.", nameof(layers));
        if (layers.FirstOrDefault(layer => !IsBound(layer.Attained)) is { } worse)
            throw new ArgumentException(
                $"The attained norm of layer {worse.Index} ({worse.Kind}) must be finite and not negative, not " +
                $"{worse.Attained}.", nameof(layers));
        (Value, Layers, WeightHash) = (value, [.. layers], weightHash);
    }

    /// <summary>κ: the product of the layers' bounds, rounded up.</summary>
    public double Value { get; }

    /// <summary>One bound per layer, in order, without the final layer (its rows enter the margin Lipschitz constants instead).</summary>
    public IReadOnlyList<LayerBound> Layers { get; }

    /// <summary>
    /// By which fraction κ exceeds the product of what the layers attain: the price of bounding layer by layer with upper bounds. What is
    /// lost because no input attains all layers' norms at once is not in it.
    /// </summary>
    public double Slack =>
        Layers.Any(layer => layer.Bound == 0) ? 0 : Layers.Aggregate(1.0, (product, layer) => product * (1 + layer.Slack)) - 1;

    /// <summary>SHA-256 in hexadecimal; a model whose weights hash to something else must refuse this bound.</summary>
    public string WeightHash { get; }

    private static bool IsBound(double value) => double.IsFinite(value) && value >= 0;
}

/// <summary>A proven upper bound of one layer's Lipschitz constant in L2, and how much of it the layer is known to reach.</summary>
/// <param name="Index">The layer's place in <c>DeployedNetwork.Layers</c>.</param>
/// <param name="Kind">The layer's kind, as in <c>DeployedLayer.Kind</c>.</param>
/// <param name="Method">How the bound was proved, in words.</param>
/// <param name="Bound">The bound, finite and not negative, rounded up.</param>
/// <param name="Attained">
/// A lower bound of the same constant, which a concrete pair of inputs attains: at least 0, rounded down, and never above
/// <paramref name="Bound"/>. It says how sharp the bound is; no certificate depends on it.
/// </param>
internal sealed record LayerBound(int Index, string Kind, string Method, double Bound, double Attained)
{
    /// <summary>
    /// By which fraction the bound may exceed the truth at most: 0 for a bound of 0; +∞ if nothing is known to be attained.
    /// </summary>
    public double Slack => Bound == 0 ? 0 : (Bound / Attained) - 1;
}
