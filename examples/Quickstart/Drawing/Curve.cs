namespace Quickstart.Drawing;

/// <summary>A line that crosses the tile: straight, bent or meandering.</summary>
internal sealed class Curve
{
    private const int Steps = 28;

    private readonly Vec[] points = new Vec[Steps + 1];

    /// <param name="random">Chooses where the line runs.</param>
    /// <param name="bend">How far, in pixels, the line leaves the straight one as a whole.</param>
    /// <param name="meander">How far it winds to and fro.</param>
    public Curve(TileRandom random, double bend, double meander)
    {
        Vec along = random.Direction();
        Vec middle = new Vec(Canvas.Size / 2.0, Canvas.Size / 2.0) + along.Across * random.Between(-16, 16);
        var noise = new Noise(random.NextBits());
        double signedBend = bend * random.Between(-1, 1);
        double winding = random.Between(0.04, 0.075);
        for (int i = 0; i <= Steps; i++)
        {
            double t = (i / (double)Steps - 0.5) * 2;
            double s = t * 52;
            points[i] = middle + along * s + along.Across * (signedBend * (t * t - 0.3) + meander * noise.Smooth(s * winding + 50, 0.5));
        }
    }

    /// <summary>The distance of a point from the line, in pixels.</summary>
    public double Distance(Vec p)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Steps; i++)
        {
            Vec a = points[i], d = points[i + 1] - a, q = p - a;
            double t = Math.Clamp(q.Dot(d) / d.Dot(d), 0, 1);
            Vec off = q - d * t;
            best = Math.Min(best, off.Dot(off));
        }

        return Math.Sqrt(best);
    }
}
