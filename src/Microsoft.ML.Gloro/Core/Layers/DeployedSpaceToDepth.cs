namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Moves blocks of block × block pixels into channels: output channel (by·block + bx)·C + c at (i, j) is input channel c at (i·block + by, j·block + bx),
/// the order of ONNX SpaceToDepth. Images whose sides block does not divide are first extended by zeros at the bottom and the right. An isometry either way.
/// </summary>
internal sealed class DeployedSpaceToDepth(int block) : DeployedLayer
{
    public int Block { get; } = block >= 1 ? block : throw new ArgumentOutOfRangeException(nameof(block), block, "The block must be at least 1.");

    public override string Kind => Format.Name;

    public static LayerKind Format { get; } = new(
        "space-to-depth", typeof(DeployedSpaceToDepth), [new("block", Least: 1, [NumberLimit.Side])], _ => [], (numbers, _) => new DeployedSpaceToDepth(numbers[0][0]));

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

    // The layer itself would take it, and fill most of the one block with zeros.
    internal override TensorShape GetOutputShape(TensorShape input) => Block <= Math.Min(input.Height, input.Width)
        ? new DeployedSpaceToDepth(Block).GetOutputShape(input)
        : throw new ArgumentException("its block is larger than the image");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new SpaceToDepthLayer(input, Block);
}
