using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Makes a deployed network trainable again. The trainable network computes the same function; the deployed kernels, matrices and biases
/// are its parameters.
/// </summary>
/// <remarks>
/// What <see cref="LipschitzNetwork.Fold"/> folded cannot be separated again. A residual layer I + sγW continues as one kernel, an
/// orthogonal layer as a matrix whose norm is estimated like any other, and the mean that centering subtracted as a part of the bias. So
/// training starts with exactly the deployed function; a centering layer would subtract the means of the new data at once.
/// </remarks>
internal static class NetworkRestorer
{
    // Enough for good estimates of the norms before the first step. Underestimated norms would harm weights that are trained already.
    private const int PowerSteps = 50;

    // Training divides rows by their length. Rows of this trainer have length 1 up to rounding; others would give another function.
    private const double LargestDeviation = 1e-4;

    /// <summary>Refuses a network that cannot be restored exactly. Every network that this library trains can be.</summary>
    /// <exception cref="ArgumentException">A layer has no trainable form. The message says which and why.</exception>
    public static void Check(DeployedNetwork network)
    {
        for (int i = 0; i < network.Layers.Count; i++)
        {
            if (FaultOf(network, i) is { } fault)
            {
                string layer = $"Layer {i + 1} of {network.Layers.Count} ({network.Layers[i].Kind})";
                throw new ArgumentException($"{layer} cannot be trained on: {fault}.", nameof(network));
            }
        }
    }

    /// <summary>The trainable network.</summary>
    /// <param name="network">The deployed network.</param>
    /// <param name="rows">For each class the row of the last layer that it keeps, or a negative number for a new row.</param>
    /// <param name="factory">The source of new rows and of the first vectors of power iteration.</param>
    /// <exception cref="ArgumentException">The network cannot be restored.</exception>
    /// <remarks>Tolerances are those of <paramref name="network"/>.</remarks>
    public static LipschitzNetwork Restore(DeployedNetwork network, IReadOnlyList<int> rows, LayerFactory factory)
    {
        Check(network);
        var body = new List<TrainableLayer>();
        for (int i = 0; i < network.Layers.Count - 1; i++)
        {
            body.Add(Trainable(network.Layers[i], network.Shapes[i], factory));
            if (network.Layers[i] is DeployedAveragePooling)
                i++; // the factor after it belongs to the trainable layer
        }

        var final = new UnitNormDenseLayer(network.Final.Inputs, rows.Count, factory);
        FillRows(final, network.Final, rows);
        var tolerant = network.Metric is { } metric ? new TolerantInput(metric.Tolerances, [.. body, final], factory) : null;
        var restored = new LipschitzNetwork(network.InputShape, body, final, tolerant);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        restored.EstimateKappa(PowerSteps);
        return restored;
    }

    /// <summary>Whether there are weights before the last layer, which <see cref="WithFixedBody"/> leaves unchanged.</summary>
    public static bool HasBody(DeployedNetwork network) =>
        network.Layers.SkipLast(1).Any(layer => layer is DeployedConvolution or DeployedDense);

    /// <summary>A network of which only the last layer is trained. Its inputs are the features before that layer.</summary>
    /// <param name="network">The deployed network, which keeps its other layers.</param>
    /// <param name="kappa">The proved bound of these layers, under the tolerances of <paramref name="network"/>.</param>
    /// <param name="final">The last layer, which the new network owns too.</param>
    /// <param name="device">The device to train on.</param>
    public static LipschitzNetwork WithFixedBody(DeployedNetwork network, double kappa, UnitNormDenseLayer final, Device device) =>
        new(network.InputShape, [new FixedBody(network, kappa, device)], final) { FixedTolerances = network.Metric?.Tolerances };

    private static TrainableLayer Trainable(DeployedLayer layer, TensorShape input, LayerFactory factory) => layer switch
    {
        DeployedConvolution c => Fill(new ConvolutionLayer(input, c.OutChannels, c.KernelHeight, factory, c.Stride), c.Kernel, c.Bias),
        DeployedDense d => Fill(new DenseLayer(d.Inputs, d.Outputs, factory), d.Weights, d.Bias),
        DeployedScaling s => new InputScalingLayer(input, s.Scale, s.Shift, factory),
        DeployedActivation a => new ActivationLayer(input, a.Function),
        DeployedAveragePooling p => new AveragePoolingLayer(input, p.Size),
        DeployedSpaceToDepth s => new SpaceToDepthLayer(input, s.Block),
        DeployedChannelShift s => new ChannelShiftLayer(input, s.Group),
        DeployedFlatten => new FlattenLayer(input),
        _ => throw new ArgumentException($"There is no trainable layer for {layer.Kind}.", nameof(layer)),
    };

    private static string? FaultOf(DeployedNetwork network, int index)
    {
        switch (network.Layers[index])
        {
            case DeployedConvolution c when !IsTrainable(c):
                string kernel = $"a kernel of {c.KernelHeight}×{c.KernelWidth} with stride {c.Stride} and padding {c.Padding}";
                return $"this library does not train {kernel}";
            case DeployedAveragePooling p when !IsFactor(network.Layers[index + 1], p.Size):
                return "it is not followed by the factor that makes its norm 1";
            case DeployedDense d when index == network.Layers.Count - 1:
                double worst = Enumerable.Range(0, d.Outputs).Max(row => Math.Abs(1 - Length(d.Row(row))));
                return worst <= LargestDeviation
                    ? null
                    : FormattableString.Invariant($"the rows of its classes have lengths that differ from 1 by up to {worst:G3}");
            case DeployedConvolution or DeployedAveragePooling or DeployedDense or DeployedScaling:
            case DeployedActivation or DeployedSpaceToDepth or DeployedChannelShift or DeployedFlatten:
                return null;
            default:
                return "layers of this kind have no trainable form";
        }
    }

    private static bool IsTrainable(DeployedConvolution c) =>
        c.KernelHeight == c.KernelWidth && c.KernelHeight >= c.Stride && (c.Stride != 1 || c.KernelHeight % 2 != 0)
        && c.Padding == ZeroPadding.All(new ConvolutionGeometry(c.KernelHeight, c.Stride).Padding);

    private static bool IsFactor(DeployedLayer layer, int factor) =>
        layer is DeployedScaling scaling && scaling.Scale.All(x => x == factor) && scaling.Shift.All(x => x == 0);

    private static double Length(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float x in row)
            sum += (double)x * x;
        return Math.Sqrt(sum);
    }

    private static void FillRows(UnitNormDenseLayer layer, DeployedDense final, IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        var fresh = (DeployedDense)layer.Fold().Single();
        var (weights, bias) = (fresh.Weights, fresh.Bias);
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i] < 0)
                continue;
            final.Row(rows[i]).CopyTo(weights.AsSpan(i * final.Inputs));
            bias[i] = final.Bias[rows[i]];
        }

        Fill(layer, weights, bias);
    }

    // In the order of Parameters: weights, then biases.
    private static TLayer Fill<TLayer>(TLayer layer, params ReadOnlySpan<float[]> values)
        where TLayer : TrainableLayer
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        int i = 0;
        foreach (var parameter in layer.Parameters)
            parameter.copy_(tensor(values[i++]).reshape(parameter.shape));
        return layer;
    }
}
