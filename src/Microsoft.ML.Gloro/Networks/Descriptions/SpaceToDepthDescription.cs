using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="SpaceToDepthLayer"/>.</summary>
internal sealed record SpaceToDepthDescription(int Block) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"space-to-depth {Block}";

    // The layer itself would take it, and fill most of the one block with zeros.
    internal override PlainShape GetOutputShape(PlainShape input) => Block <= Math.Min(input.Height, input.Width)
        ? new PlainSpaceToDepth(Block).GetOutputShape(input)
        : throw new ArgumentException("its block is larger than the image");

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new SpaceToDepthLayer(input, Block);
}
