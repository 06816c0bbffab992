namespace Microsoft.ML.Gloro.Plain;

/// <summary>Means of size × size blocks without overlap. Rows and columns that do not fill a block are dropped.</summary>
internal sealed class PlainAveragePooling(int size) : PlainLayer
{
    public int Size { get; } = size >= 1 ? size : throw new ArgumentOutOfRangeException(nameof(size), size, "The pool must be at least 1.");

    /// <inheritdoc/>
    public override string Kind => "average pooling";

    /// <inheritdoc/>
    public override PlainShape GetOutputShape(PlainShape input) => input.Height < Size || input.Width < Size
        ? throw new ArgumentException($"A pool of {Size}×{Size} cannot take {input}.", nameof(input))
        : new PlainShape(input.Channels, input.Height / Size, input.Width / Size);
}
