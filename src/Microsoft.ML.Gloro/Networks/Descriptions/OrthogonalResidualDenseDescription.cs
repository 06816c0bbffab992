using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes an <see cref="OrthogonalResidualDenseLayer"/>.</summary>
internal sealed record OrthogonalResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "orthogonal residual dense";

    internal override PlainShape GetOutputShape(PlainShape input) => input;

    internal override long CountWeights(PlainShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new OrthogonalResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}
