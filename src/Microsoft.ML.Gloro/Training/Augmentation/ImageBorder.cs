namespace Microsoft.ML.Gloro.Training;

/// <summary>How an image continues beyond its pixels.</summary>
/// <param name="mirrored">Whether as its mirror image, rather than as one color.</param>
/// <param name="color">The color, a byte per channel.</param>
internal sealed class ImageBorder(bool mirrored, byte[] color)
{
    /// <summary>No pixel of the image: the color.</summary>
    public const int Outside = -1;

    /// <summary>A byte per channel.</summary>
    public ReadOnlySpan<byte> Color => color;

    /// <summary>The pixel for index <paramref name="i"/>, from 0 to <paramref name="length"/> − 1, or <see cref="Outside"/>.</summary>
    public int Source(int i, int length)
    {
        if ((uint)i < (uint)length)
            return i;
        if (!mirrored)
            return Outside;

        // Reflects without repeating the border pixel, more than once if the index is far outside.
        int period = Math.Max(1, 2 * (length - 1));
        i = ((i % period) + period) % period;
        return Math.Min(i, period - i);
    }
}
