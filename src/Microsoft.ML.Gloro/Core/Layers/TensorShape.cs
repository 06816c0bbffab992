namespace Microsoft.ML.Gloro.Core;

/// <summary>The shape of one example between two layers: channels × height × width. A vector is n × 1 × 1.</summary>
internal readonly record struct TensorShape(int Channels, int Height, int Width)
{
    /// <summary>The number of values in one example.</summary>
    public int Size => checked(Channels * Height * Width);

    /// <summary>Whether the shape has no spatial extent.</summary>
    public bool IsVector => Height == 1 && Width == 1;

    /// <summary>A vector of <paramref name="length"/> values.</summary>
    public static TensorShape Vector(int length) => new(length, 1, 1);

    /// <inheritdoc/>
    public override string ToString() => IsVector ? $"{Channels}" : $"{Channels}×{Height}×{Width}";
}
