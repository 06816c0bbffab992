
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="FlattenLayer"/>.</summary>
internal sealed record FlattenDescription : GloroLayer
{
    internal override string Text => "flatten";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(input.Size);

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new FlattenLayer(input);
}
