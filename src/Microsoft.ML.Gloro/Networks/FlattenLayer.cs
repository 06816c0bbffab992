using Microsoft.ML.Gloro.Plain;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Reads an image as a vector.</summary>
internal sealed class FlattenLayer(PlainShape input) : TrainableLayer
{
    /// <inheritdoc/>
    public override PlainShape OutputShape => PlainShape.Vector(input.Size);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training) => x.flatten(1);

    /// <inheritdoc/>
    public override IEnumerable<PlainLayer> Condense() => [new PlainFlatten()];
}
