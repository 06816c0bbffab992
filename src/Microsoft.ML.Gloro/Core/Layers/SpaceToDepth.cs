using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Moves blocks of block × block pixels into channels: output channel (by·block + bx)·C + c at (i, j) is input channel c at
/// (i·block + by, j·block + bx). This is the order of ONNX SpaceToDepth. If block does not divide the sides, zeros are first added at the
/// bottom and the right. It is an isometry.
/// </summary>
internal sealed class DeployedSpaceToDepth(int block) : DeployedLayer
{
    public int Block { get; } = block >= 1
        ? block
        : throw new ArgumentOutOfRangeException(nameof(block), block, "The block must be at least 1.");

    public override string Kind => Format.Name;

    public static LayerKind Format { get; } = new(
        "space-to-depth",
        typeof(DeployedSpaceToDepth),
        [new("block", Least: 1, [NumberLimit.Side])],
        _ => [],
        (numbers, _) => new DeployedSpaceToDepth(numbers[0][0]));

    public override int[][] Numbers => [[Block]];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => new(
        checked(input.Channels * Block * Block),
        (input.Height + Block - 1) / Block,
        (input.Width + Block - 1) / Block);
}

/// <summary>Describes a <see cref="SpaceToDepthLayer"/>.</summary>
internal sealed record SpaceToDepthDescription(int Block) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"space-to-depth {Block}";

    // The layer itself would accept a larger block, and fill most of it with zeros.
    internal override TensorShape GetOutputShape(TensorShape input) => Block <= Math.Min(input.Height, input.Width)
        ? new DeployedSpaceToDepth(Block).GetOutputShape(input)
        : throw new ArgumentException("its block is larger than the image");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new SpaceToDepthLayer(input, Block);
}

/// <summary>Moves blocks of pixels into channels, in the order of <see cref="DeployedSpaceToDepth"/>.</summary>
internal sealed class SpaceToDepthLayer(TensorShape input, int block) : TrainableLayer
{
    private readonly DeployedSpaceToDepth _deployed = new(block);

    public override TensorShape OutputShape => _deployed.GetOutputShape(input);

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

    public override IEnumerable<DeployedLayer> Fold() => [_deployed];
}
