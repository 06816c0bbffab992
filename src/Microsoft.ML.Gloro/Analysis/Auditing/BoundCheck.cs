using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Checks that a model's bound was proved for its weights, and that recomputing the proof gives no larger bound.</summary>
internal static class BoundCheck
{
    // Another version of the library may compute a slightly tighter or looser bound. A stored bound below this tolerance is unproved.
    private const double Tolerance = 1e-6;

    /// <summary>Checks the weights' hash alone.</summary>
    /// <exception cref="GloroBrokenCertificateException">The bound was proved for other weights.</exception>
    public static void CheckHash(GloroModel model)
    {
        string hash = WeightHash.Compute(model.Network);
        if (!string.Equals(hash, model.Bound.WeightHash, StringComparison.Ordinal))
        {
            throw new GloroBrokenCertificateException(
                $"The model's bound was proved for weights with the hash {model.Bound.WeightHash}, but its weights have the hash {hash}. " +
                "The weights were changed, so nothing is proved for them.");
        }
    }

    /// <summary>Recomputes all bounds and compares them with the stored ones.</summary>
    /// <returns>The recomputed bound κ.</returns>
    /// <exception cref="GloroBrokenCertificateException">A stored bound is below the recomputed one, or below what an input
    /// attains.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LipschitzBound Recompute(GloroModel model, CancellationToken cancellationToken)
    {
        LipschitzBound stored = model.Bound, proved = RigorousBound.Compute(model.Network, cancellationToken);
        try
        {
            StoredBound.Check(model.Network, stored); // the same layers, none below a norm that an input attains, κ not below their product
        }
        catch (ArgumentException e)
        {
            throw new GloroBrokenCertificateException(
                $"{ErrorText.Sentence(e)} Do not use the model; prove its bound again from the weights that it has.", inner: e);
        }

        for (int i = 0; i < stored.Layers.Count; i++)
            Compare(stored.Layers[i].Bound, proved.Layers[i].Bound, $"of layer {i} ({stored.Layers[i].Kind})");
        Compare(stored.Value, proved.Value, "κ of the whole network");
        return proved;
    }

    /// <summary>The bounds of all layers side by side.</summary>
    public static IReadOnlyList<GloroAuditLayer> Layers(GloroModel model, LipschitzBound? proved) =>
    [
        .. model.Bound.Layers.Select((layer, i) => new GloroAuditLayer
        {
            Index = layer.Index,
            Kind = layer.Kind,
            Method = layer.Method,
            StoredBound = layer.Bound,
            RecomputedBound = proved?.Layers[i].Bound ?? double.NaN,
            Attained = (proved ?? model.Bound).Layers[i].Attained,
        }),
    ];

    private static void Compare(double stored, double proved, string what)
    {
        if (!(stored >= proved * (1 - Tolerance)))
        {
            throw new GloroBrokenCertificateException(FormattableString.Invariant(
                $"The model's Lipschitz bound {what} is {stored:R}, but only {proved:R} can be proved. Certificates may be wrong. ") +
                "Do not use the model; prove its bound again from the weights that it has.");
        }
    }
}
