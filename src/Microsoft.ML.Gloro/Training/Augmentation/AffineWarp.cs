namespace Microsoft.ML.Gloro.Training;

/// <summary>Redraws an image through an <see cref="AffineMap"/> with bilinear interpolation.</summary>
/// <remarks>
/// Positions are fixed-point numbers with 16 fractional bits, weights have 8. So every machine gives the same bytes, and maps from pixels
/// to pixels (whole shifts, quarter turns) copy them exactly.
/// </remarks>
internal static class AffineWarp
{
    private const int PositionBits = 16, WeightBits = 8;
    private const int Half = 1 << ((2 * WeightBits) - 1);

    public static void Apply(ref PixelBuffer image, in AffineMap map, ImageBorder border)
    {
        if (map == AffineMap.Identity)
            return;
        int width = image.Width, height = image.Height, channels = image.Channels, plane = image.PlaneSize;
        ReadOnlySpan<byte> source = image.Pixels;
        var target = image.Room;
        double centerX = (width - 1) / 2.0, centerY = (height - 1) / 2.0;
        long stepX = Fixed(map.XX), stepY = Fixed(map.YX);
        for (int row = 0, at = 0; row < height; row++)
        {
            double y = row - centerY;
            long positionX = Fixed(centerX + map.ShiftX + (map.XY * y) - (map.XX * centerX));
            long positionY = Fixed(centerY + map.ShiftY + (map.YY * y) - (map.YX * centerX));
            for (int column = 0; column < width; column++, at++, positionX += stepX, positionY += stepY)
            {
                int left = (int)(positionX >> PositionBits), top = (int)(positionY >> PositionBits);
                int right = (int)(positionX >> (PositionBits - WeightBits)) & 255;
                int bottom = (int)(positionY >> (PositionBits - WeightBits)) & 255;

                // In 65536ths: bottom right, top right, bottom left, top left.
                int w11 = right * bottom, w10 = (right << WeightBits) - w11, w01 = (bottom << WeightBits) - w11;
                int w00 = (1 << (2 * WeightBits)) - w11 - w10 - w01;
                if ((uint)left < (uint)(width - 1) && (uint)top < (uint)(height - 1))
                {
                    int from = (top * width) + left;
                    for (int c = 0, to = at; c < channels; c++, from += plane, to += plane)
                    {
                        var corner = source.Slice(from, width + 2);
                        int sum = (w00 * corner[0]) + (w10 * corner[1]) + (w01 * corner[width]) + (w11 * corner[width + 1]);
                        target[to] = (byte)((sum + Half) >> (2 * WeightBits));
                    }
                }
                else
                {
                    int x0 = border.Source(left, width), x1 = border.Source(left + 1, width);
                    int y0 = border.Source(top, height), y1 = border.Source(top + 1, height);
                    for (int c = 0, to = at; c < channels; c++, to += plane)
                    {
                        var pixels = source.Slice(c * plane, plane);
                        byte color = border.Color[c];
                        int sum = (w00 * Pixel(pixels, x0, y0, width, color)) + (w10 * Pixel(pixels, x1, y0, width, color))
                            + (w01 * Pixel(pixels, x0, y1, width, color)) + (w11 * Pixel(pixels, x1, y1, width, color));
                        target[to] = (byte)((sum + Half) >> (2 * WeightBits));
                    }
                }
            }
        }

        image.Swap();
    }

    private static int Pixel(ReadOnlySpan<byte> pixels, int x, int y, int width, byte color) =>
        (x | y) < 0 ? color : pixels[(y * width) + x];

    private static long Fixed(double value) => (long)Math.Round(value * (1 << PositionBits));
}

/// <summary>
/// Maps a target pixel to its source, both measured from the image's center:
/// x′ = <paramref name="XX"/>·x + <paramref name="XY"/>·y + <paramref name="ShiftX"/>,
/// y′ = <paramref name="YX"/>·x + <paramref name="YY"/>·y + <paramref name="ShiftY"/>.
/// </summary>
internal readonly record struct AffineMap(double XX, double XY, double YX, double YY, double ShiftX = 0, double ShiftY = 0)
{
    public static AffineMap Identity => new(1, 0, 0, 1);

    public static AffineMap Rotation(double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        return new(cos, -sin, sin, cos);
    }

    /// <summary>Moves the content by −x, −y pixels, which need not be whole.</summary>
    public static AffineMap Translation(double x, double y) => Identity with { ShiftX = x, ShiftY = y };

    /// <summary>A horizontal shear by <paramref name="shear"/> pixels per pixel, a rotation, and a zoom.</summary>
    public static AffineMap ShearTurnZoom(double shear, double degrees, double scale)
    {
        var turn = Rotation(degrees);
        return new(turn.XX / scale, ((turn.XX * shear) + turn.XY) / scale, turn.YX / scale, ((turn.YX * shear) + turn.YY) / scale);
    }
}
