namespace Microsoft.ML.Gloro.Core;

/// <summary>The shape of one input or output of a layer: channels × height × width. A vector is n × 1 × 1.</summary>
internal readonly record struct TensorShape(int Channels, int Height, int Width)
{
    /// <summary>The number of values.</summary>
    public int Size => checked(Channels * Height * Width);

    /// <summary>Whether height and width are 1.</summary>
    public bool IsVector => Height == 1 && Width == 1;

    /// <summary>A vector of <paramref name="length"/> values.</summary>
    public static TensorShape Vector(int length) => new(length, 1, 1);

    public override string ToString() => IsVector ? $"{Channels}" : $"{Channels}×{Height}×{Width}";
}
