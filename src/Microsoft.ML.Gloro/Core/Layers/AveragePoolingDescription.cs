
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes an <see cref="AveragePoolingLayer"/>.</summary>
internal sealed record AveragePoolingDescription(int Size) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"average pooling {Size}";

    internal override TensorShape GetOutputShape(TensorShape input) => Size <= Math.Min(input.Height, input.Width)
        ? new DeployedAveragePooling(Size).GetOutputShape(input)
        : throw new ArgumentException("its pool is larger than the image");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new AveragePoolingLayer(input, Size);
}
