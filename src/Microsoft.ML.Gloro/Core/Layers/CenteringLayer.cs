using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Subtracts each channel's mean: the batch's own while training, the running one when deployed. It is batch normalization without the division,
/// which would be a Lipschitz factor of its own; a constant shift is none.
/// </summary>
internal sealed class CenteringLayer(TensorShape input, LayerFactory factory) : TrainableLayer
{
    // About the last ten batches: long enough to be smooth, short enough to have forgotten the weights of long ago at the end.
    private const double Momentum = 0.1;

    private readonly Tensor _mean = factory.Buffer(input.Channels);

    /// <inheritdoc/>
    public override TensorShape OutputShape => input;

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Buffers => [_mean];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training)
    {
        bool vector = x.dim() == 2;
        var mean = _mean.to(x.dtype);
        if (training)
        {
            mean = vector ? x.mean([0]) : x.flatten(2).mean([2]).mean([0]);
            using var _ = no_grad();
            _mean.lerp_(mean.detach().to(_mean.dtype), Momentum);
        }

        return x - mean.reshape(vector ? [1, -1] : [1, -1, 1, 1]);
    }

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold() => [new DeployedScaling([.. Enumerable.Repeat(1f, input.Channels)], [.. ToArray(_mean).Select(m => -m)])];
}
