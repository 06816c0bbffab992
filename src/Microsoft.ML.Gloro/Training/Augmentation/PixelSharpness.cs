namespace Microsoft.ML.Gloro.Training;

/// <summary>Sharpens or blurs an image, as Pillow's ImageEnhance.Sharpness does.</summary>
internal static class PixelSharpness
{
    // Pillow's SMOOTH: ones around a five, over thirteen.
    private const int Center = 5, Sum = 13;

    /// <summary>
    /// smooth + factor·(v − smooth), where smooth is the mean of a pixel, counted five times, and its eight neighbors. Border pixels do
    /// not have eight neighbors and do not change.
    /// </summary>
    public static void Apply(ref PixelBuffer image, double factor)
    {
        if (factor == 1)
            return;
        int share = PixelTone.Share(factor), width = image.Width;
        image.Pixels.CopyTo(image.Room);
        for (int c = 0; c < image.Channels; c++)
        {
            ReadOnlySpan<byte> source = image.Plane(c);
            var target = image.Room.Slice(c * image.PlaneSize, image.PlaneSize);
            for (int row = 1; row < image.Height - 1; row++)
            {
                var above = source.Slice((row - 1) * width, width);
                var here = source.Slice(row * width, width);
                var below = source.Slice((row + 1) * width, width);
                var to = target.Slice(row * width, width);
                for (int x = 1; x < to.Length - 1; x++)
                {
                    int sum = above[x - 1] + above[x] + above[x + 1];
                    sum += here[x - 1] + (Center * here[x]) + here[x + 1];
                    sum += below[x - 1] + below[x] + below[x + 1];
                    to[x] = PixelTone.Between((sum + (Sum / 2)) / Sum, here[x], share);
                }
            }
        }

        image.Swap();
    }
}
