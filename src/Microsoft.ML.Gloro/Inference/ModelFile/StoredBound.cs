using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Checks that a bound that was read from a file can be the bound of its network: it is not below the product of its layers' bounds, and no
/// layer's bound is below a norm that the layer attains. This is no proof; it refuses bounds that are far too small, in the time of scoring
/// a few rows. What the file says is attained is not computed again, since no certificate depends on it, but it must not contradict the
/// bound.
/// </summary>
internal static class StoredBound
{
    // The lower bounds are computed in double and attained in exact arithmetic up to about n·2^−53; the rigorous bounds are rounded
    // outward.
    private const double Slack = 1e-9;

    /// <summary>Checks <paramref name="bound"/>.</summary>
    /// <exception cref="ArgumentException">It cannot be the bound of <paramref name="network"/>; the message says where.</exception>
    public static void Check(DeployedNetwork network, LipschitzBound bound)
    {
        // κ leaves out the final layer, whose rows enter the margin constants themselves.
        if (bound.Layers.Count != network.Layers.Count - 1)
            throw new ArgumentException(
                $"The Lipschitz bound lists {bound.Layers.Count} layers, where the network has {network.Layers.Count - 1} before its " +
                "final one.");
        int seed = bound.WeightHash.Aggregate(17, (seed, digit) => unchecked((seed * 31) + digit));
        for (int i = 0; i < bound.Layers.Count; i++)
        {
            LayerBound layer = bound.Layers[i];
            if (layer.Index != i || layer.Kind != network.Layers[i].Kind)
                throw new ArgumentException(
                    $"Entry {i} of the Lipschitz bound is for layer {layer.Index} ({layer.Kind}), and layer {i} of the network is of " +
                    $"kind '{network.Layers[i].Kind}'.");
            double lower = NormFromBelow.Of(network, i, seed);
            if (!(layer.Bound >= lower * (1 - Slack)))
                throw new ArgumentException(
                    $"The bound of layer {i} ({layer.Kind}) is {layer.Bound:R}, but its norm is at least {lower:R}; certificates under " +
                    "it would be wrong.");
            if (!(layer.Attained >= 0 && layer.Attained <= layer.Bound * (1 + Slack)))
                throw new ArgumentException(
                    $"Layer {i} ({layer.Kind}) is said to attain {layer.Attained:R} under a bound of {layer.Bound:R}; one of the two is " +
                    "wrong.");
        }

        // A larger value would only certify less.
        double product = RigorousBound.Product(bound.Layers);
        if (!(bound.Value >= product * (1 - Slack)))
            throw new ArgumentException(
                $"The Lipschitz bound is {bound.Value:R}, but the bounds of its layers multiply to {product:R}; certificates under it " +
                "would be wrong.");
    }
}
