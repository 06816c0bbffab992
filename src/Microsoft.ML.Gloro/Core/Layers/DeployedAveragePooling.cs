namespace Microsoft.ML.Gloro.Core;

/// <summary>Means of size × size blocks without overlap. Rows and columns that do not fill a block are dropped.</summary>
internal sealed class DeployedAveragePooling(int size) : DeployedLayer
{
    public int Size { get; } = size >= 1 ? size : throw new ArgumentOutOfRangeException(nameof(size), size, "The pool must be at least 1.");

    /// <inheritdoc/>
    public override string Kind => "average pooling";

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input) => input.Height < Size || input.Width < Size
        ? throw new ArgumentException($"A pool of {Size}×{Size} cannot take {input}.", nameof(input))
        : new TensorShape(input.Channels, input.Height / Size, input.Width / Size);
}
