using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>A fixed affine map of the input's channels, y = scale·x + shift. The scale counts in the Lipschitz bound.</summary>
internal sealed class InputScalingLayer : TrainableLayer
{
    private readonly DeployedScaling _plain;
    private readonly Tensor _scale;
    private readonly Tensor _shift;
    private readonly double _norm;

    public InputScalingLayer(TensorShape input, float[] scale, float[] shift, LayerFactory factory)
    {
        _plain = new DeployedScaling(scale, shift);
        OutputShape = _plain.GetOutputShape(input);
        using var _ = NewDisposeScope();
        long[] shape = input.IsVector ? [1, input.Channels] : [1, input.Channels, 1, 1];
        _scale = tensor(scale, device: factory.Device).reshape(shape).DetachFromDisposeScope();
        _shift = tensor(shift, device: factory.Device).reshape(shape).DetachFromDisposeScope();
        _norm = scale.Max(Math.Abs);
    }

    /// <inheritdoc/>
    public override TensorShape OutputShape { get; }

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Buffers => [_scale, _shift];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training) => (x * _scale) + _shift;

    /// <inheritdoc/>
    public override Tensor? EstimateNorm(int powerSteps) => _norm == 1 ? null : tensor((float)_norm, device: _scale.device);

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold() => [_plain];
}
