namespace Quickstart.Drawing;

/// <summary>A point or a direction on a tile, in pixels.</summary>
internal readonly record struct Vec(double X, double Y)
{
    public double Length => Math.Sqrt(X * X + Y * Y);

    /// <summary>The same length, a quarter turn on.</summary>
    public Vec Across => new(-Y, X);

    public double Dot(Vec other) => X * other.X + Y * other.Y;

    public static Vec operator +(Vec a, Vec b) => new(a.X + b.X, a.Y + b.Y);

    public static Vec operator -(Vec a, Vec b) => new(a.X - b.X, a.Y - b.Y);

    public static Vec operator *(Vec a, double scale) => new(a.X * scale, a.Y * scale);
}
