
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="CenteringLayer"/>.</summary>
internal sealed record CenteringDescription : GloroLayer
{
    internal override string Text => "centering";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new CenteringLayer(input, context.Factory);
}
