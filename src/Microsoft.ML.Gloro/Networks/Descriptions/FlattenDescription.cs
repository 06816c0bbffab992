using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="FlattenLayer"/>.</summary>
internal sealed record FlattenDescription : GloroLayer
{
    internal override string Text => "flatten";

    internal override PlainShape GetOutputShape(PlainShape input) => PlainShape.Vector(input.Size);

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new FlattenLayer(input);
}
