namespace Microsoft.ML.Gloro.Plain;

/// <summary>Reads an image as one vector in the order channel, row, column.</summary>
internal sealed class PlainFlatten : PlainLayer
{
    /// <inheritdoc/>
    public override string Kind => "flatten";

    /// <inheritdoc/>
    public override PlainShape GetOutputShape(PlainShape input) => PlainShape.Vector(input.Size);
}
