namespace Microsoft.ML.Gloro.Core;

/// <summary>Zeros added around an image before a convolution.</summary>
internal readonly record struct ZeroPadding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>The same padding on all four sides.</summary>
    public static ZeroPadding All(int size) => new(size, size, size, size);
}
