using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="CenteringLayer"/>.</summary>
internal sealed record CenteringDescription : GloroLayer
{
    internal override string Text => "centering";

    internal override PlainShape GetOutputShape(PlainShape input) => input;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new CenteringLayer(input, context.Factory);
}
