using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Moves blocks of pixels into channels, in the order of <see cref="DeployedSpaceToDepth"/>.</summary>
internal sealed class SpaceToDepthLayer(TensorShape input, int block) : TrainableLayer
{
    private readonly DeployedSpaceToDepth _plain = new(block);

    public override TensorShape OutputShape => _plain.GetOutputShape(input);

    public override Tensor Forward(Tensor x, bool training) => Move(x, block, input, OutputShape);

    /// <summary>Space-to-depth in libtorch.</summary>
    public static Tensor Move(Tensor x, int block, TensorShape input, TensorShape output)
    {
        var (_, height, width) = output;
        int bottom = (height * block) - input.Height, right = (width * block) - input.Width;
        if (bottom > 0 || right > 0)
            x = nn.functional.pad(x, [0, right, 0, bottom]);
        return x.reshape(-1, input.Channels, height, block, width, block)
            .permute(0, 3, 5, 1, 2, 4)
            .reshape(-1, output.Channels, height, width);
    }

    public override IEnumerable<DeployedLayer> Fold() => [_plain];
}
