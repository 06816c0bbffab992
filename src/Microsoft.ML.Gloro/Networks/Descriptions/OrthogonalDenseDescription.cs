using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes an <see cref="OrthogonalDenseLayer"/>.</summary>
internal sealed record OrthogonalDenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"orthogonal dense {Width}";

    internal override PlainShape GetOutputShape(PlainShape input) => PlainShape.Vector(Width);

    internal override long CountWeights(PlainShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new OrthogonalDenseLayer(input.Size, Width, context.Factory);
}
