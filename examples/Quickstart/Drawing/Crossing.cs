namespace Quickstart.Drawing;

/// <summary>Subjects that cross what is there already: roads and running water.</summary>
internal static class Crossing
{
    public static void Highway(Canvas canvas, TileRandom random)
    {
        var curve = new Curve(random, bend: random.Chance(0.5) ? 14 : 3, meander: random.Chance(0.2) ? 4 : 0);
        Rgb tar = Rgb.Bytes(random.Whole(138, 168), random.Whole(138, 164), random.Whole(138, 164));
        double half = random.Between(2.6, 4.6);
        Rgb verge = Rgb.Bytes(132, 130, 98).Vary(random, 0.06);
        bool divided = random.Chance(0.5), shoulder = random.Chance(0.6);
        canvas.Cover(p => half + 1.3 - curve.Distance(p), (_, under) => under.Mix(verge, shoulder ? 0.75 : 0.35));
        canvas.Cover(p => half - curve.Distance(p), (_, under) => tar.Mix(under, 0.06));
        if (divided)
            canvas.Cover(p => 0.5 - curve.Distance(p), (_, _) => verge);
        if (random.Chance(0.25))
            Track(canvas, random, tar);
    }

    public static void River(Canvas canvas, TileRandom random)
    {
        bool canal = random.Chance(0.2);
        var curve = new Curve(random, bend: 16, meander: canal ? 1 : random.Between(6, 14));
        Rgb water = CountrySide.WaterColor(random);
        double half = random.Between(3.2, 7.0), wild = canal ? 0.1 : 0.9;
        var noise = new Noise(random.NextBits());
        Rgb bank = random.Pick(CountrySide.DarkGreen, Rgb.Bytes(160, 150, 118), Rgb.Bytes(96, 112, 66)).Vary(random, 0.08);
        double margin = random.Between(0.4, 2.6);
        canvas.Cover(
            p => half + margin + 1.6 * wild * noise.Smooth(p.X / 3, p.Y / 3) - curve.Distance(p), (_, under) => under.Mix(bank, 0.7));
        canvas.Cover(p => half + wild * noise.Smooth(p.X / 9 + 60, p.Y / 9) - curve.Distance(p),
            (p, _) => water * (1 + 0.05 * noise.Smooth(p.X / 4, p.Y / 4 + 80)));
    }

    /// <summary>A lane or a farm track: thin, and no subject of its own.</summary>
    public static void Lane(Canvas canvas, TileRandom random) => Track(canvas, random, Rgb.Bytes(152, 142, 122).Vary(random, 0.08));

    /// <summary>A brook or a ditch: thin, and no subject of its own.</summary>
    public static void Brook(Canvas canvas, TileRandom random)
    {
        var curve = new Curve(random, bend: 14, meander: 8);
        Rgb water = CountrySide.WaterColor(random);
        double half = random.Between(0.5, 1.3);
        canvas.Cover(p => half - curve.Distance(p), (_, under) => under.Mix(water, 0.85));
    }

    private static void Track(Canvas canvas, TileRandom random, Rgb color)
    {
        var curve = new Curve(random, bend: 6, meander: 2);
        double half = random.Between(0.5, 1.3);
        canvas.Cover(p => half - curve.Distance(p), (_, under) => under.Mix(color, 0.8));
    }
}
