namespace Quickstart.Drawing;

/// <summary>A tile while it is drawn: colours as real numbers, and shapes with soft edges of one pixel.</summary>
internal sealed class Canvas
{
    public const int Size = 64;

    private readonly Rgb[] pixels = new Rgb[Size * Size];

    public Rgb this[int x, int y] => pixels[y * Size + x];

    /// <summary>Colours every pixel.</summary>
    public void Fill(Func<Vec, Rgb> colour)
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
                pixels[y * Size + x] = colour(new(x + 0.5, y + 0.5));
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

    /// <summary>Lays a colour over the pixels inside a shape.</summary>
    /// <param name="inside">How many pixels a point lies inside the shape's edge; negative outside.</param>
    /// <param name="colour">The colour, given the point and the colour under it.</param>
    public void Cover(Func<Vec, double> inside, Func<Vec, Rgb, Rgb> colour)
    {
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
                Blend(x, y, inside, colour);
        }
    }

    /// <summary>The same for a shape that lies within <paramref name="reach"/> pixels of a centre.</summary>
    public void Cover(Vec centre, double reach, Func<Vec, double> inside, Func<Vec, Rgb, Rgb> colour)
    {
        int left = Math.Max(0, (int)(centre.X - reach - 1)), right = Math.Min(Size - 1, (int)(centre.X + reach + 1));
        int top = Math.Max(0, (int)(centre.Y - reach - 1)), bottom = Math.Min(Size - 1, (int)(centre.Y + reach + 1));
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
                Blend(x, y, inside, colour);
        }
    }

    /// <summary>A filled circle.</summary>
    public void Dot(Vec centre, double radius, Rgb colour, double share = 1) =>
        Cover(centre, radius, p => radius - (p - centre).Length, (_, under) => under.Mix(colour, share));

    /// <summary>A filled rectangle; <paramref name="along"/> is the direction of its length.</summary>
    public void Block(Vec centre, Vec along, double length, double width, Func<Vec, Rgb> colour)
    {
        Vec across = along.Across;
        Cover(centre, (length + width) / 2, p =>
        {
            Vec d = p - centre;
            return Math.Min(length / 2 - Math.Abs(d.Dot(along)), width / 2 - Math.Abs(d.Dot(across)));
        }, (p, _) => colour(p));
    }

    private void Blend(int x, int y, Func<Vec, double> inside, Func<Vec, Rgb, Rgb> colour)
    {
        var p = new Vec(x + 0.5, y + 0.5);
        double share = Math.Clamp(inside(p) + 0.5, 0, 1);
        ref Rgb pixel = ref pixels[y * Size + x];
        if (share > 0)
            pixel = pixel.Mix(colour(p, pixel), share);
    }
}
