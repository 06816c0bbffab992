
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes an <see cref="OrthogonalDenseLayer"/>.</summary>
internal sealed record OrthogonalDenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"orthogonal dense {Width}";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(Width);

    internal override long CountWeights(TensorShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new OrthogonalDenseLayer(input.Size, Width, context.Factory);
}
