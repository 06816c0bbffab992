
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="DenseLayer"/>.</summary>
internal sealed record DenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"dense {Width}";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(Width);

    internal override long CountWeights(TensorShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new DenseLayer(input.Size, Width, context.Factory);
}
