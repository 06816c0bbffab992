using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The deployed network as torch functions, for gradients with respect to the input, which scoring does not have. The scoring engine judges
/// what an attack finds, so nothing is proved or refuted here in float32.
/// </summary>
/// <remarks>
/// The weights are constants. Not thread-safe. The tensors that <see cref="Forward"/> makes belong to the caller's dispose scope.
/// </remarks>
internal sealed class TorchReplica : IDisposable
{
    private readonly List<Func<Tensor, Tensor>> _layers = [];
    private readonly List<Tensor> _weights = [];
    private readonly bool _isFloat64; // Not a ScalarType: the class could not be loaded without TorchSharp.
    private readonly IReadOnlyList<ImageView> _views;
    private readonly Tensor? _tolerances, _divisors;

    /// <param name="network">The network.</param>
    /// <param name="isFloat64">Float32, false, is to attack; Float64 tells a wrong bound from a rounding error.</param>
    /// <exception cref="NotSupportedException">A layer of a kind that is not known here.</exception>
    public TorchReplica(DeployedNetwork network, bool isFloat64 = false)
    {
        (InputShape, ClassCount, _isFloat64, _views) = (network.InputShape, network.ClassCount, isFloat64, ImageView.Of(network.Views));
        for (int i = 0; i < network.Layers.Count; i++)
            _layers.Add(Replicate(network.Layers[i], network.Shapes[i], network.Shapes[i + 1]));
        if (network.Metric is not { } metric)
            return;
        _tolerances = Constant(metric.Tolerances, 1, metric.Tolerances.Length, 1, 1);
        _divisors = Constant([.. metric.Tolerances.Select(t => t == 0 ? 1 : t)], 1, metric.Tolerances.Length, 1, 1);
    }

    public TensorShape InputShape { get; }

    public int ClassCount { get; }

    /// <summary>Rows of float32 inputs as a tensor of this replica's type, [rows, channels, height, width].</summary>
    public Tensor ToTensor(float[] inputs) =>
        Copy(inputs, inputs.Length / InputShape.Size, InputShape.Channels, InputShape.Height, InputShape.Width);

    /// <summary>The logits, [rows, classes], of inputs [rows, channels, height, width]. Vectors are n × 1 × 1 from end to end.</summary>
    public Tensor Forward(Tensor inputs)
    {
        Tensor values = _views.Count == 1 ? inputs : cat([.. _views.Select(view => See(view, inputs))], 0);
        foreach (var layer in _layers)
            values = layer(values);
        return _views.Count == 1 ? values.reshape(-1, ClassCount) : values.reshape(_views.Count, -1, ClassCount).mean([0]);
    }

    /// <summary>
    /// D times a tensor of inputs. It makes a change of inputs of what was measured in the network's metric, and the gradient in that
    /// metric of a gradient in the inputs. Without tolerances it changes nothing.
    /// </summary>
    public Tensor Scale(Tensor inputs) => _tolerances is null ? inputs : inputs * _tolerances;

    /// <summary>A change of inputs, in the network's metric. Features with tolerance 0 must not have changed.</summary>
    public Tensor Unscale(Tensor change) => _divisors is null ? change : change / _divisors;

    public void Dispose()
    {
        foreach (Tensor weight in _weights)
            weight.Dispose();
    }

    private static Tensor See(ImageView view, Tensor images)
    {
        if (view.IsTransposed)
            images = images.transpose(2, 3);
        return (view.IsUpsideDown, view.IsMirrored) switch
        {
            (true, true) => images.flip(2, 3),
            (true, false) => images.flip(2),
            (false, true) => images.flip(3),
            _ => images,
        };
    }

    private Func<Tensor, Tensor> Replicate(DeployedLayer layer, TensorShape input, TensorShape output) => layer switch
    {
        DeployedConvolution convolution => Convolution(convolution),
        DeployedDense dense => Dense(dense),
        DeployedScaling scaling => Scaling(scaling),
        DeployedActivation { Function: ActivationFunction.ReLU } => x => nn.functional.relu(x),
        DeployedActivation { Function: ActivationFunction.MinMax } => ActivationLayer.MinMax,
        DeployedActivation { Function: ActivationFunction.Absolute } => x => x.abs(),
        DeployedActivation { Function: ActivationFunction.HalfAbsolute } => ActivationLayer.HalfAbsolute,
        DeployedAveragePooling pooling => x => nn.functional.avg_pool2d(x, pooling.Size),
        DeployedSpaceToDepth move => x => SpaceToDepthLayer.Move(x, move.Block, input, output),
        DeployedChannelShift shift => x => ChannelShiftLayer.Move(x, shift.Group),
        DeployedFlatten => x => x.reshape(-1, output.Channels, 1, 1),
        _ => throw new NotSupportedException($"The audit cannot attack layers of type {layer.GetType().Name}: no gradient is known."),
    };

    private Func<Tensor, Tensor> Convolution(DeployedConvolution c)
    {
        Tensor kernel = Constant(c.Kernel, c.OutChannels, c.InChannels, c.KernelHeight, c.KernelWidth);
        Tensor bias = Constant(c.Bias, c.OutChannels);
        var (top, left, bottom, right) = c.Padding;
        long[] stride = [c.Stride, c.Stride];
        if (top == bottom && left == right)
            return x => nn.functional.conv2d(x, kernel, bias, stride, [top, left]);
        return x => nn.functional.conv2d(nn.functional.pad(x, [left, right, top, bottom]), kernel, bias, stride);
    }

    private Func<Tensor, Tensor> Dense(DeployedDense d)
    {
        Tensor weights = Constant(d.Weights, d.Outputs, d.Inputs), bias = Constant(d.Bias, d.Outputs);
        return x => nn.functional.linear(x.reshape(-1, d.Inputs), weights, bias).reshape(-1, d.Outputs, 1, 1);
    }

    private Func<Tensor, Tensor> Scaling(DeployedScaling s)
    {
        Tensor scale = Constant(s.Scale, 1, s.Scale.Length, 1, 1), shift = Constant(s.Shift, 1, s.Shift.Length, 1, 1);
        return x => (x * scale) + shift;
    }

    // A copy in libtorch's own memory. A tensor made from an array lies in the runtime's memory with a random alignment. The order in which
    // kernels sum depends on the alignment, so without a copy the last digits of an audit would differ from run to run.
    private Tensor Copy(float[] values, params long[] shape) =>
        tensor(values, shape).to(_isFloat64 ? ScalarType.Float64 : ScalarType.Float32, copy: true);

    private Tensor Constant(float[] values, params long[] shape)
    {
        using var _ = NewDisposeScope();
        Tensor constant = Copy(values, shape).DetachFromDisposeScope();
        _weights.Add(constant);
        return constant;
    }
}
