
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="SpaceToDepthLayer"/>.</summary>
internal sealed record SpaceToDepthDescription(int Block) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"space-to-depth {Block}";

    // The layer itself would take it, and fill most of the one block with zeros.
    internal override TensorShape GetOutputShape(TensorShape input) => Block <= Math.Min(input.Height, input.Width)
        ? new DeployedSpaceToDepth(Block).GetOutputShape(input)
        : throw new ArgumentException("its block is larger than the image");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new SpaceToDepthLayer(input, Block);
}
