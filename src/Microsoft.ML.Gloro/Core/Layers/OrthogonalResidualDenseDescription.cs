
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes an <see cref="OrthogonalResidualDenseLayer"/>.</summary>
internal sealed record OrthogonalResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "orthogonal residual dense";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new OrthogonalResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}
