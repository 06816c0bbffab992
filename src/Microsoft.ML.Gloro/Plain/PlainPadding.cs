namespace Microsoft.ML.Gloro.Plain;

/// <summary>Zeros added around an image before a convolution.</summary>
internal readonly record struct PlainPadding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>The same padding on all four sides.</summary>
    public static PlainPadding All(int size) => new(size, size, size, size);
}
