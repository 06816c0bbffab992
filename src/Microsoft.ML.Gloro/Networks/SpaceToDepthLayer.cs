using Microsoft.ML.Gloro.Plain;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Moves blocks of pixels into channels, in the order of <see cref="PlainSpaceToDepth"/>.</summary>
internal sealed class SpaceToDepthLayer(PlainShape input, int block) : TrainableLayer
{
    private readonly PlainSpaceToDepth _plain = new(block);

    /// <inheritdoc/>
    public override PlainShape OutputShape => _plain.GetOutputShape(input);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, bool training)
    {
        var (_, height, width) = OutputShape;
        int bottom = (height * block) - input.Height, right = (width * block) - input.Width;
        if (bottom > 0 || right > 0)
            x = nn.functional.pad(x, [0, right, 0, bottom]);
        return x.reshape(-1, input.Channels, height, block, width, block).permute(0, 3, 5, 1, 2, 4).reshape(-1, OutputShape.Channels, height, width);
    }

    /// <inheritdoc/>
    public override IEnumerable<PlainLayer> Condense() => [_plain];
}
