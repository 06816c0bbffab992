namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Changes an image of bytes by a chosen L2 length, with pixels scaled to [0, 1]. Whole levels of 255 change, so what a PNG file shows is
/// exactly the change: the squares of the levels add up to (255 ε)², rounded down to a whole number. (Four squares give any whole number,
/// as Lagrange proved; the last four values take what is left.) A change that would leave 0 … 255 goes the other way: nothing is clipped,
/// which would shorten it.
/// </summary>
internal static class ImageChange
{
    // The last four values may need up to twice this, and a byte has room for 127 in one direction or the other.
    private const int MostLevels = 60;

    private const int LeastSide = 4;

    /// <summary>Changes all values, or if there are more than needed, some that a hash chooses, up or down as it says.</summary>
    /// <returns>The changed image; null if 8 bits cannot show a change of that length.</returns>
    public static ChangedImage? Spread(ImageWindow image, double epsilon)
    {
        int count = image.Planes.Length;
        if (Amounts(epsilon, count) is not { } amounts)
            return null;
        int[] values = [.. Enumerable.Range(0, count).OrderBy(i => GalleryHash.Mix((ulong)i)).Take(amounts.Length)];
        return Apply(image, values, amounts, i => (GalleryHash.Mix((ulong)i + (ulong)count) & 1) == 0, side: 0);
    }

    /// <summary>Changes a square in the middle, each color towards the side where it has more room.</summary>
    /// <returns>The changed image; null if 8 bits cannot show a change of that length.</returns>
    public static ChangedImage? Square(ImageWindow image, double epsilon)
    {
        int most = Math.Min(image.Width, image.Height);
        for (int side = Math.Min(LeastSide, most); side <= most; side++)
        {
            if (Amounts(epsilon, 3 * side * side) is not { } amounts)
                continue;
            int left = (image.Width - side) / 2, top = (image.Height - side) / 2, area = image.Width * image.Height;
            int[] values =
            [
                .. Enumerable.Range(0, 3 * side * side).Select(i => (i / (side * side) * area)
                    + ((top + (i / side % side)) * image.Width) + left + (i % side)),
            ];
            bool[] isUp = [.. Enumerable.Range(0, 3).Select(channel => values.Where(i => i / area == channel)
                .Average(i => (double)image.Planes[i]) < 127.5)];
            return Apply(image, values, amounts, i => isUp[i / area], side);
        }

        return null;
    }

    /// <summary>The sum of squares, in levels, of a change of length ε.</summary>
    internal static long SquaredLevels(double epsilon)
    {
        // 36f / 255 must give 1296, so the rounding of a float is forgiven.
        double squares = 255 * epsilon * 255 * epsilon * (1 + 1e-6);
        return squares < long.MaxValue / 2 ? (long)squares : long.MaxValue / 2;
    }

    // Levels to change count values by, as equal as their squares allow; fewer values if each changes by one level.
    private static int[]? Amounts(double epsilon, int count)
    {
        long total = SquaredLevels(epsilon);
        if (total < 1 || count < 5 || total > (long)count * MostLevels * MostLevels)
            return null;
        if (total <= count)
            return [.. Enumerable.Repeat(1, (int)total)];
        int level = (int)Math.Sqrt((double)total / count), free = count - 4;
        long left = total - ((long)free * level * level);
        int higher = (int)Math.Clamp((left - (4L * level * level)) / ((2 * level) + 1), 0, free);
        left -= (long)higher * ((2 * level) + 1);
        return [.. Enumerable.Repeat(level + 1, higher), .. Enumerable.Repeat(level, free - higher), .. FourSquares((int)left)];
    }

    // Numbers whose squares add up to the sum, the largest as small as possible.
    private static int[] FourSquares(int sum)
    {
        for (int a = (int)Math.Ceiling(Math.Sqrt(sum / 4.0)); ; a++)
        {
            for (int b = Math.Min(a, Root(sum - (a * a))); b >= 0; b--)
            {
                for (int c = Math.Min(b, Root(sum - (a * a) - (b * b))); c >= 0; c--)
                {
                    int rest = sum - (a * a) - (b * b) - (c * c), d = Root(rest);
                    if (d * d == rest && d <= c)
                        return [a, b, c, d];
                }
            }
        }
    }

    private static int Root(int square) => square < 0 ? -1 : (int)Math.Sqrt(square);

    private static ChangedImage Apply(ImageWindow image, int[] values, int[] amounts, Func<int, bool> isUp, int side)
    {
        byte[] planes = [.. image.Planes];
        for (int i = 0; i < amounts.Length; i++)
        {
            ref byte value = ref planes[values[i]];
            bool up = isUp(values[i]) ? value + amounts[i] <= byte.MaxValue : value - amounts[i] < 0;
            value = (byte)(up ? value + amounts[i] : value - amounts[i]);
        }

        long squares = amounts.Sum(amount => (long)amount * amount);
        return new(planes, amounts.Count(amount => amount > 0), amounts.Max(), Math.Sqrt(squares) / 255, side);
    }
}

/// <summary>An image, or the middle of a large one, at the resolution of the network's input.</summary>
/// <param name="Planes">Width × height bytes of red, then of green, then of blue.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="IsWhole">Whether it is the whole image.</param>
internal sealed record ImageWindow(byte[] Planes, int Width, int Height, bool IsWhole);

/// <summary>A changed image.</summary>
/// <param name="Planes">The changed bytes.</param>
/// <param name="Values">How many values changed.</param>
/// <param name="Largest">The largest change of a value, in levels of 255.</param>
/// <param name="Length">The L2 length of the change, pixels scaled to [0, 1].</param>
/// <param name="Side">The side of the square that changed; 0 if the change is spread out.</param>
internal sealed record ChangedImage(byte[] Planes, int Values, int Largest, double Length, int Side);
