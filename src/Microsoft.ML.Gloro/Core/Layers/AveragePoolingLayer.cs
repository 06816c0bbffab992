using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Average pooling without overlap, multiplied by the pool's side so that its norm is 1 and not 1/size: the factor that keeps the bound from
/// shrinking and the signal with it.
/// </summary>
internal sealed class AveragePoolingLayer(TensorShape input, int size) : TrainableLayer
{
    private readonly DeployedAveragePooling _plain = new(size);

    /// <inheritdoc/>
    public override TensorShape OutputShape => _plain.GetOutputShape(input);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training) => nn.functional.avg_pool2d(x, size) * size;

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold() => [_plain, new DeployedScaling([.. Enumerable.Repeat((float)size, input.Channels)], new float[input.Channels])];
}
