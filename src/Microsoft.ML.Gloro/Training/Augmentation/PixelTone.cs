namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Changes of brightness and color, mostly by a table of values, as in Pillow's ImageOps and ImageEnhance. Results are rounded to the
/// nearest byte.
/// </summary>
internal static class PixelTone
{
    private const int Levels = 256;

    // ITU-R 601 luma in 65536ths, as in Pillow; they sum to 65536.
    private const int Red = 19595, Green = 38470, Blue = 7471;
    private const int LumaBits = 16;

    /// <summary>factor·v.</summary>
    public static void Brightness(ref PixelBuffer image, double factor) => Blend(ref image, 0, factor);

    /// <summary>mean + factor·(v − mean), with the mean gray of the image.</summary>
    public static void Contrast(ref PixelBuffer image, double factor) => Blend(ref image, MeanGray(image), factor);

    /// <summary>gray + factor·(v − gray), with the gray of the pixel. Images without three channels do not change.</summary>
    public static void Saturation(ref PixelBuffer image, double factor)
    {
        if (image.Channels != PixelBuffer.ColorChannels || factor == 1)
            return;
        int share = Share(factor);
        Span<byte> red = image.Plane(0), green = image.Plane(1)[..red.Length], blue = image.Plane(2)[..red.Length];
        for (int i = 0; i < red.Length; i++)
        {
            int gray = ((Red * red[i]) + (Green * green[i]) + (Blue * blue[i]) + (1 << (LumaBits - 1))) >> LumaBits;
            red[i] = Between(gray, red[i], share);
            green[i] = Between(gray, green[i], share);
            blue[i] = Between(gray, blue[i], share);
        }
    }

    /// <summary>Keeps the highest <paramref name="bits"/> bits of each value, from 1 to 8.</summary>
    public static void Posterize(ref PixelBuffer image, int bits)
    {
        int mask = 0xFF << (8 - bits);
        foreach (ref byte value in image.Pixels)
            value = (byte)(value & mask);
    }

    /// <summary>255 − v for values of at least <paramref name="threshold"/>.</summary>
    public static void Solarize(ref PixelBuffer image, double threshold)
    {
        Span<byte> table = stackalloc byte[Levels];
        for (int i = 0; i < Levels; i++)
            table[i] = (byte)(i >= threshold ? 255 - i : i);
        LookUp(image.Pixels, table);
    }

    /// <summary>Stretches each channel so that its values range from 0 to 255. A channel with a single value does not change.</summary>
    public static void AutoContrast(ref PixelBuffer image)
    {
        Span<byte> table = stackalloc byte[Levels];
        for (int c = 0; c < image.Channels; c++)
        {
            var plane = image.Plane(c);
            int least = 255, greatest = 0;
            foreach (byte value in plane)
                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            if (greatest <= least)
                continue;
            int range = greatest - least;
            for (int i = least; i <= greatest; i++)
                table[i] = (byte)((((i - least) * 255) + (range / 2)) / range);
            LookUp(plane, table);
        }
    }

    /// <summary>
    /// Spreads each channel's values by their ranks, as Pillow's equalize does: v becomes (pixels below v + step / 2) / step, where 255
    /// steps contain all pixels except those of the greatest value.
    /// </summary>
    public static void Equalize(ref PixelBuffer image)
    {
        Span<byte> table = stackalloc byte[Levels];
        Span<int> counts = stackalloc int[Levels];
        for (int c = 0; c < image.Channels; c++)
        {
            var plane = image.Plane(c);
            counts.Clear();
            foreach (byte value in plane)
                counts[value]++;
            int greatest = counts.LastIndexOfAnyExcept(0), step = (plane.Length - counts[greatest]) / 255;
            if (step == 0)
                continue;
            for (int i = 0, below = step / 2; i < Levels; below += counts[i++])
                table[i] = (byte)Math.Min(255, below / step);
            LookUp(plane, table);
        }
    }

    /// <summary>from + share·(to − from), clipped at 0 and 255, with a share in 65536ths from <see cref="Share"/>.</summary>
    public static byte Between(int from, int to, int share) =>
        (byte)Math.Clamp(((from << LumaBits) + (share * (to - from)) + (1 << (LumaBits - 1))) >> LumaBits, 0, 255);

    /// <summary>A factor of at most ±64 in 65536ths.</summary>
    public static int Share(double factor) => (int)Math.Round(factor * (1 << LumaBits));

    private static void Blend(ref PixelBuffer image, double towards, double factor)
    {
        if (factor == 1)
            return;
        Span<byte> table = stackalloc byte[Levels];
        for (int i = 0; i < Levels; i++)
            table[i] = (byte)Math.Clamp(Math.Floor(towards + (factor * (i - towards)) + 0.5), 0, 255);
        LookUp(image.Pixels, table);
    }

    private static double MeanGray(in PixelBuffer image)
    {
        double sum = 0;
        for (int c = 0; c < image.Channels; c++)
        {
            double weight = image.Channels == PixelBuffer.ColorChannels
                ? (c switch { 0 => Red, 1 => Green, _ => Blue }) / (double)(1 << LumaBits)
                : 1.0 / image.Channels;
            long plane = 0;
            foreach (byte value in image.Plane(c))
                plane += value;
            sum += weight * plane;
        }

        return sum / image.PlaneSize;
    }

    private static void LookUp(Span<byte> values, ReadOnlySpan<byte> table)
    {
        table = table[..Levels];
        foreach (ref byte value in values)
            value = table[value];
    }
}
