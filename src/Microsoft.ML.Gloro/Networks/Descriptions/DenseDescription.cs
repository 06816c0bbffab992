using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="DenseLayer"/>.</summary>
internal sealed record DenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"dense {Width}";

    internal override PlainShape GetOutputShape(PlainShape input) => PlainShape.Vector(Width);

    internal override long CountWeights(PlainShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new DenseLayer(input.Size, Width, context.Factory);
}
