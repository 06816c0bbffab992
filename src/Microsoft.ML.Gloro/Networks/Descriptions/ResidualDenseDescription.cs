using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="ResidualDenseLayer"/>.</summary>
internal sealed record ResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "residual dense";

    internal override PlainShape GetOutputShape(PlainShape input) => input;

    internal override long CountWeights(PlainShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new ResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}
