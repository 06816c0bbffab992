namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Moves blocks of block × block pixels into channels: output channel (by·block + bx)·C + c at (i, j) is input channel c at (i·block + by, j·block + bx),
/// the order of ONNX SpaceToDepth. Images whose sides block does not divide are first extended by zeros at the bottom and the right. An isometry either way.
/// </summary>
internal sealed class DeployedSpaceToDepth(int block) : DeployedLayer
{
    public int Block { get; } = block >= 1 ? block : throw new ArgumentOutOfRangeException(nameof(block), block, "The block must be at least 1.");

    /// <inheritdoc/>
    public override string Kind => "space-to-depth";

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input) => new(
        checked(input.Channels * Block * Block),
        (input.Height + Block - 1) / Block,
        (input.Width + Block - 1) / Block);
}
