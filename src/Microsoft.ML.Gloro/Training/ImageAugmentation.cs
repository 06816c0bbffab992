using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Draws flips, quarter turns and shifts as one map from target pixels to source pixels, applied while a batch is gathered.</summary>
internal sealed class ImageAugmentation(PlainShape shape, GloroAugmentationOptions options)
{
    /// <summary>
    /// Writes, for every pixel of a plane, the index of the pixel it comes from. The number of random values consumed is always the same,
    /// so that switching one option does not change the draws of the others.
    /// </summary>
    public void Draw(Random random, Span<int> sources)
    {
        bool flipX = random.Next(2) == 1 && options.FlipHorizontally;
        bool flipY = random.Next(2) == 1 && options.FlipVertically;
        int turns = random.Next(4);
        if (!options.Rotate)
            turns = 0;
        if (shape.Height != shape.Width)
            turns &= 2;
        int span = (2 * options.MaximumShift) + 1;
        int shiftX = random.Next(span) - options.MaximumShift;
        int shiftY = random.Next(span) - options.MaximumShift;

        // A turn by 90° is a transpose and one mirror, by 180° both mirrors, by 270° a transpose and the other mirror.
        flipX ^= turns is 1 or 2;
        flipY ^= turns is 2 or 3;
        bool transpose = turns is 1 or 3;

        for (int row = 0, i = 0; row < shape.Height; row++)
        {
            int y = Mirror(row + shiftY, shape.Height, flipY);
            for (int column = 0; column < shape.Width; column++, i++)
                sources[i] = transpose ? (Mirror(column + shiftX, shape.Width, flipX) * shape.Width) + y : (y * shape.Width) + Mirror(column + shiftX, shape.Width, flipX);
        }
    }

    // Reflection without repeating the border pixel; a shift wider than the image folds back again.
    private static int Mirror(int i, int length, bool flip)
    {
        if ((uint)i >= (uint)length)
        {
            int period = Math.Max(1, 2 * (length - 1));
            i = ((i % period) + period) % period;
            i = Math.Min(i, period - i);
        }

        return flip ? length - 1 - i : i;
    }
}
