namespace Quickstart.Drawing;

/// <summary>A tile while it is drawn: colors as real numbers, and shapes with soft edges of one pixel.</summary>
internal sealed class Canvas
{
    public const int Size = 64;

    private readonly Rgb[] pixels = new Rgb[Size * Size];

    public Rgb this[int x, int y] => pixels[y * Size + x];

    /// <summary>Colors every pixel.</summary>
    public void Fill(Func<Vec, Rgb> color)
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
                pixels[y * Size + x] = color(new(x + 0.5, y + 0.5));
        }
    }

    /// <summary>Changes every pixel.</summary>
    public void Change(Func<Vec, Rgb, Rgb> change)
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
                pixels[y * Size + x] = change(new(x + 0.5, y + 0.5), pixels[y * Size + x]);
        }
    }

    /// <summary>Lays a color over the pixels inside a shape.</summary>
    /// <param name="inside">How many pixels a point lies inside the shape's edge; negative outside.</param>
    /// <param name="color">The color, given the point and the color under it.</param>
    public void Cover(Func<Vec, double> inside, Func<Vec, Rgb, Rgb> color)
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
                Blend(x, y, inside, color);
        }
    }

    /// <summary>The same for a shape that lies within <paramref name="reach"/> pixels of a center.</summary>
    public void Cover(Vec center, double reach, Func<Vec, double> inside, Func<Vec, Rgb, Rgb> color)
    {
        int left = Math.Max(0, (int)(center.X - reach - 1)), right = Math.Min(Size - 1, (int)(center.X + reach + 1));
        int top = Math.Max(0, (int)(center.Y - reach - 1)), bottom = Math.Min(Size - 1, (int)(center.Y + reach + 1));
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
                Blend(x, y, inside, color);
        }
    }

    /// <summary>A filled circle.</summary>
    public void Dot(Vec center, double radius, Rgb color, double share = 1) =>
        Cover(center, radius, p => radius - (p - center).Length, (_, under) => under.Mix(color, share));

    /// <summary>A filled rectangle; <paramref name="along"/> is the direction of its length.</summary>
    public void Block(Vec center, Vec along, double length, double width, Func<Vec, Rgb> color)
    {
        Vec across = along.Across;
        Cover(center, (length + width) / 2, p =>
        {
            Vec d = p - center;
            return Math.Min(length / 2 - Math.Abs(d.Dot(along)), width / 2 - Math.Abs(d.Dot(across)));
        }, (p, _) => color(p));
    }

    private void Blend(int x, int y, Func<Vec, double> inside, Func<Vec, Rgb, Rgb> color)
    {
        var p = new Vec(x + 0.5, y + 0.5);
        double share = Math.Clamp(inside(p) + 0.5, 0, 1);
        ref Rgb pixel = ref pixels[y * Size + x];
        if (share > 0)
            pixel = pixel.Mix(color(p, pixel), share);
    }
}
