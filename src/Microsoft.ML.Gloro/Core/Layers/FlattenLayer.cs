using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Reads an image as a vector.</summary>
internal sealed class FlattenLayer(TensorShape input) : TrainableLayer
{
    /// <inheritdoc/>
    public override TensorShape OutputShape => TensorShape.Vector(input.Size);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training) => x.flatten(1);

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold() => [new DeployedFlatten()];
}
