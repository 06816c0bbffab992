
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="ResidualDenseLayer"/>.</summary>
internal sealed record ResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "residual dense";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}
