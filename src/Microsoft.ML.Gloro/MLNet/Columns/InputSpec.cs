using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// What a network reads of one row: pixels in [0, 1] (planar, channels R, G, B) or the raw values of a feature vector. ε is measured there.
/// </summary>
internal sealed record InputSpec
{
    /// <param name="shape">
    /// The network's input: 3 × height × width for images. For vectors n × 1 × 1, or the shape that an imported network gives them.
    /// </param>
    /// <param name="isImage">Whether the input is an image.</param>
    public InputSpec(TensorShape shape, bool isImage)
    {
        if (isImage && shape.Channels != 3)
            throw new ArgumentException($"An image is read as three channels, not as {shape}.", nameof(shape));
        (Shape, IsImage) = (shape, isImage);
    }

    /// <summary>An image of the given size.</summary>
    public static InputSpec Image(int height, int width) => new(new TensorShape(3, height, width), isImage: true);

    /// <summary>A vector of the given length.</summary>
    public static InputSpec Vector(int length) => new(TensorShape.Vector(length), isImage: false);

    public TensorShape Shape { get; }

    public bool IsImage { get; }

    /// <summary>The number of values that one row gives.</summary>
    public int Size => Shape.Size;

    /// <summary>The same in words, with the number of values.</summary>
    public string WithSize => IsImage ? $"{this}, {Size} values" : $"{this}";

    public override string ToString() => IsImage
        ? $"an image of {Shape.Height}×{Shape.Width} pixels (height × width)"
        : Shape.IsVector ? $"a vector of {Size} values"
        : $"a vector of {Size} values ({Shape.Channels}×{Shape.Height}×{Shape.Width}: channels × height × width)";
}
