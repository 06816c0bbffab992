using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes an <see cref="AveragePoolingLayer"/>.</summary>
internal sealed record AveragePoolingDescription(int Size) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"average pooling {Size}";

    internal override PlainShape GetOutputShape(PlainShape input) => Size <= Math.Min(input.Height, input.Width)
        ? new PlainAveragePooling(Size).GetOutputShape(input)
        : throw new ArgumentException("its pool is larger than the image");

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new AveragePoolingLayer(input, Size);
}
