namespace Microsoft.ML.Gloro.Core;

/// <summary>Reads an image as one vector in the order channel, row, column.</summary>
internal sealed class DeployedFlatten : DeployedLayer
{
    /// <inheritdoc/>
    public override string Kind => "flatten";

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(input.Size);
}
