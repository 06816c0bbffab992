namespace Quickstart.Drawing;

/// <summary>
/// Smooth random fields over the plane: value noise on a hashed lattice, and the distance to scattered points (for tree crowns).
/// </summary>
internal sealed class Noise(ulong seed)
{
    /// <summary>One octave, between −1 and 1, with features of about one unit.</summary>
    public double Smooth(double x, double y)
    {
        double fx = Math.Floor(x), fy = Math.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        double tx = Fade(x - fx), ty = Fade(y - fy);
        double top = At(ix, iy) * (1 - tx) + At(ix + 1, iy) * tx;
        double bottom = At(ix, iy + 1) * (1 - tx) + At(ix + 1, iy + 1) * tx;
        return (top * (1 - ty) + bottom * ty) * 2 - 1;
    }

    /// <summary>Several octaves, each half as large and half as strong; about −1 to 1.</summary>
    public double Fractal(double x, double y, int octaves)
    {
        double sum = 0, strength = 0.6;
        for (int i = 0; i < octaves; i++)
        {
            sum += strength * Smooth(x, y);
            (x, y, strength) = (x * 2 + 17.3, y * 2 - 9.1, strength / 2);
        }

        return sum;
    }

    /// <summary>
    /// For points scattered one a unit cell: the distance to the nearest, and a number in [0, 1) that is that point's own.
    /// </summary>
    public (double Distance, double Own) Crown(double x, double y)
    {
        int ix = (int)Math.Floor(x), iy = (int)Math.Floor(y);
        double best = double.MaxValue, own = 0;
        for (int dy = -1; dy <= 1; dy++)
        {
            for (int dx = -1; dx <= 1; dx++)
            {
                ulong bits = Hash(ix + dx, iy + dy);
                double px = ix + dx + (bits & 0xFFFF) / 65536.0 - x;
                double py = iy + dy + ((bits >> 16) & 0xFFFF) / 65536.0 - y;
                double squared = px * px + py * py;
                if (squared < best)
                    (best, own) = (squared, ((bits >> 32) & 0xFFFF) / 65536.0);
            }
        }

        return (Math.Sqrt(best), own);
    }

    private double At(int x, int y) => (Hash(x, y) >> 40) / (double)(1 << 24);

    private ulong Hash(int x, int y) =>
        TileRandom.Mix(seed ^ ((ulong)(uint)x * 0x9E3779B97F4A7C15) ^ ((ulong)(uint)y * 0xC2B2AE3D27D4EB4F));

    private static double Fade(double t) => t * t * (3 - 2 * t);
}
