namespace Microsoft.ML.Gloro.Training;

/// <summary>What an image continues as beyond its pixels.</summary>
/// <param name="mirrored">Whether as its mirror image; otherwise as one color.</param>
/// <param name="color">The color, a byte a channel.</param>
internal sealed class ImageBorder(bool mirrored, byte[] color)
{
    /// <summary>No pixel of the image: the color.</summary>
    public const int Outside = -1;

    /// <summary>A byte a channel.</summary>
    public ReadOnlySpan<byte> Color => color;

    /// <summary>The index within 0 … <paramref name="length"/> − 1 that stands for <paramref name="i"/>, or <see cref="Outside"/>.</summary>
    public int Source(int i, int length)
    {
        if ((uint)i < (uint)length)
            return i;
        if (!mirrored)
            return Outside;

        // Reflection without repeating the border pixel; further out than the image is wide it folds back again.
        int period = Math.Max(1, 2 * (length - 1));
        i = ((i % period) + period) % period;
        return Math.Min(i, period - i);
    }
}
