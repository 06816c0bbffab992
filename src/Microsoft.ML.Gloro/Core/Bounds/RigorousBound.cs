using System.Numerics;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The bound that certificates rest on: for the exact float32 weights of a deployed network, an upper bound of its Lipschitz constant in L2
/// from the input to the penultimate layer, proved in double with every rounding outward. It holds in real arithmetic;
/// <see cref="RoundingBound"/> covers the rounding of scores. Each layer's bound comes with what the layer attains, which shows how sharp
/// the bound is.
/// </summary>
internal static class RigorousBound
{
    /// <summary>
    /// κ, the product of all layers' bounds but the final one's. Takes seconds for typical networks; uses all cores, and gives the same
    /// bits whatever their number.
    /// </summary>
    /// <param name="network">The network as deployed.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <exception cref="ArgumentException">A weight is NaN or infinite, or the product overflows.</exception>
    /// <exception cref="NotSupportedException">There is a layer without a proven bound.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LipschitzBound Compute(DeployedNetwork network, CancellationToken cancellationToken = default) =>
        Compute(network, _ => { }, cancellationToken);

    /// <summary>The same, with progress.</summary>
    /// <param name="network">The network as deployed.</param>
    /// <param name="begun">Called with the index of a layer before its bound is computed: large layers take minutes.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    public static LipschitzBound Compute(DeployedNetwork network, Action<int> begun, CancellationToken cancellationToken)
    {
        for (int i = 0; i < network.Layers.Count; i++)
            RequireFinite(network.Layers[i], i);

        var bounds = new LayerBound[network.Layers.Count - 1];
        for (int i = 0; i < bounds.Length; i++)
        {
            begun(i);
            bounds[i] = network.Metric is { } metric && i <= metric.Joined
                ? Joined(network.Layers[i], i, metric, cancellationToken)
                : Compute(network.Layers[i], i, network.Shapes[i], cancellationToken);
        }

        return new LipschitzBound(Product(bounds), bounds, WeightHash.Compute(network));
    }

    private static LayerBound Compute(DeployedLayer layer, int index, TensorShape input, CancellationToken cancellationToken)
    {
        (string method, double bound, double attained) = layer switch
        {
            DeployedDense dense => OfTaps(ConvolutionTaps.Of(dense), () => PatchMap.Of(dense), cancellationToken),
            DeployedConvolution convolution =>
                OfConvolution(convolution, input, cancellationToken),

            // What has no weights attains its norm at inputs that are easy to name: positive ones, sorted ones, any.
            // |max(a, 0) − max(b, 0)| ≤ |a − b|; sorting a pair permutes it, and sorted pairs are closest (rearrangement inequality).
            DeployedActivation { Function: ActivationFunction.ReLU } => ("1-Lipschitz elementwise", 1, 1),
            DeployedActivation { Function: ActivationFunction.MinMax } => ("sorts pairs", 1, 1),

            // ||a| − |b|| ≤ |a − b|, with equality for positive values; HalfAbs leaves the other values as they are.
            DeployedActivation { Function: ActivationFunction.Absolute or ActivationFunction.HalfAbsolute } =>
                ("1-Lipschitz elementwise", 1, 1),
            DeployedSpaceToDepth or DeployedChannelShift or DeployedFlatten => ("isometry", 1, 1),

            // A block's mean is its inner product with s² entries of 1/s², whose norm is 1/s; blocks do not overlap.
            DeployedAveragePooling pooling => OfPooling(pooling.Size),

            // A diagonal matrix.
            DeployedScaling scaling when scaling.Scale.Max(x => Math.Abs((double)x)) is var factor => ("largest factor", factor, factor),
            _ => throw new NotSupportedException(
                $"Layer {index} ({layer.Kind}) is of type {layer.GetType().Name}, for which no Lipschitz bound is proved. Nothing can " +
                "be certified through it; remove it or prove a bound here."),
        };
        return new LayerBound(index, layer.Kind, method, bound, attained);
    }

    private static (string Method, double Bound, double Attained) OfConvolution(
        DeployedConvolution layer, TensorShape input, CancellationToken cancellationToken)
    {
        var circle = OfTaps(ConvolutionTaps.Of(layer, input), () => new PatchMap(layer, input), cancellationToken);
        if (circle.Bound == 0 || ConvolutionTaps.OfPixels(layer, input) is not { } pixels)
            return circle;
        double bound = SpectralNorm.Lower(pixels, circle.Bound);
        return bound < circle.Bound ? (circle.Method + "; Cholesky factorization of all pixels", bound, circle.Attained) : circle;
    }

    /// <summary>
    /// With tolerances, the first dense layer W and the scalings S before it are one matrix, W·S·D: its bound stands with the dense layer,
    /// and the layers before it count 1. If the final layer is the first dense one, <see cref="MarginLipschitz"/> takes its rows times S·D.
    /// </summary>
    private static LayerBound Joined(DeployedLayer layer, int index, InputMetric metric, CancellationToken cancellationToken)
    {
        if (layer is not DeployedDense dense)
            return new LayerBound(index, layer.Kind, $"counted with layer {metric.Joined}", 1, 1);
        TapKernel taps = ConvolutionTaps.Of(dense, metric.Factors);
        return new LayerBound(
            index, layer.Kind, "Gram iteration of the product with scaling and tolerances",
            SpectralNorm.UpperBound(taps, cancellationToken), AttainedNorm.LowerBound(dense, metric.Factors, cancellationToken));
    }

    private static (string Method, double Bound, double Attained) OfPooling(int size)
    {
        double quotient = 1.0 / size;
        return BitOperations.IsPow2(size)
            ? ("means without overlap", quotient, quotient)
            : ("means without overlap", Math.BitIncrement(quotient), Math.BitDecrement(quotient));
    }

    private static (
        string Method, double Bound, double Attained) OfTaps(TapKernel? taps, Func<PatchMap> map, CancellationToken cancellationToken)
    {
        if (taps is null)
            return ("sees no input", 0, 0);
        string method = taps.FrequenciesHigh * taps.FrequenciesWide == 1
            ? "Gram iteration"
            : $"Gram iteration and Cholesky factorization, {taps.FrequenciesHigh}×{taps.FrequenciesWide} frequencies";
        return (method, SpectralNorm.UpperBound(taps, cancellationToken), AttainedNorm.LowerBound(map(), cancellationToken));
    }

    /// <summary>Mantissa and exponent are multiplied apart, so that huge and tiny factors may come in any order.</summary>
    internal static double Product(IReadOnlyList<LayerBound> bounds)
    {
        double mantissa = 1;
        long exponent = 0;
        foreach (LayerBound bound in bounds)
        {
            if (bound.Bound == 0)
                return 0;
            mantissa = Outward.Multiply(mantissa, Mantissa(bound.Bound, ref exponent));
            mantissa = Mantissa(mantissa, ref exponent);
        }

        double product = Math.ScaleB(mantissa, (int)Math.Clamp(exponent, -2000, 2000));
        if (!double.IsFinite(product))
            throw new ArgumentException(
                $"The product of the layers' Lipschitz bounds, about 2^{exponent}, is not a finite number. Nothing can be certified " +
                "with it: train with smaller weights.", nameof(bounds));

        // Scaling is exact unless it ends among the denormals.
        return double.IsNormal(product) ? product : Math.BitIncrement(product);
    }

    private static double Mantissa(double value, ref long exponent)
    {
        int e = Math.ILogB(value);
        exponent += e;
        return Math.ScaleB(value, -e);
    }

    private static void RequireFinite(DeployedLayer layer, int index)
    {
        foreach (var (name, values) in layer.Tensors)
        {
            int bad = Array.FindIndex(values, value => !float.IsFinite(value));
            if (bad >= 0)
                throw new ArgumentException(
                    $"Layer {index} ({layer.Kind}): {name} {bad} is {values[bad]}. A network with such a value certifies nothing; train " +
                    "again, with a lower learning rate or clipped gradients.");
        }
    }
}
