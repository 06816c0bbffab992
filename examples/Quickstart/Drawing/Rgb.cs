namespace Quickstart.Drawing;

/// <summary>A color; 0 to 1 a channel, but free to leave that range until the tile is finished.</summary>
internal readonly record struct Rgb(double R, double G, double B)
{
    public static Rgb Bytes(int r, int g, int b) => new(r / 255.0, g / 255.0, b / 255.0);

    public Rgb Mix(Rgb other, double share) => this * (1 - share) + other * share;

    public static Rgb operator *(Rgb c, double scale) => new(c.R * scale, c.G * scale, c.B * scale);

    public static Rgb operator +(Rgb a, Rgb b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

    /// <summary>The color with a little natural variation: lighter or darker, and each channel by itself.</summary>
    public Rgb Vary(TileRandom random, double amount)
    {
        double light = 1 + amount * random.Bell();
        double tint = amount * 0.35;
        return new(R * (light + tint * random.Bell()), G * (light + tint * random.Bell()), B * (light + tint * random.Bell()));
    }
}
