namespace Quickstart.Drawing;

/// <summary>
/// Draws land use as seen from above, in ten classes. As in real aerial images, about two tiles in five hold two subjects (a highway
/// through fields, houses beside water) and carry the label of one of them: a classifier can be quite sure of "highway or field" where it
/// cannot be of either, which is what relaxed guarantees are for.
/// </summary>
/// <remarks>The same seed gives the same tiles, byte for byte, on every machine, and a larger count only adds to them.</remarks>
internal static class TileSet
{
    private const string Highway = "Highway", River = "River";

    private static readonly Subject[] Areas =
    [
        new("Field", "fields", CountrySide.Field, ["Pasture", "Meadow", "Forest", "Orchard", "Residential", "Industrial"]),
        new("Forest", "forest", CountrySide.Forest, ["Field", "Pasture", "Meadow", "Water", "Residential"]),
        new("Industrial", "industry", BuiltUp.Industrial, ["Residential", "Field", "Meadow", "Water"]),
        new("Meadow", "a meadow", CountrySide.Meadow, ["Pasture", "Field", "Forest", "Water", "Orchard"]),
        new("Orchard", "an orchard", CountrySide.Orchard, ["Field", "Meadow", "Residential", "Pasture"]),
        new("Pasture", "pasture", CountrySide.Pasture, ["Field", "Meadow", "Forest", "Residential", "Water"]),
        new("Residential", "houses", BuiltUp.Residential, ["Industrial", "Field", "Forest", "Water", "Pasture"]),
        new("Water", "water", CountrySide.Water, ["Forest", "Meadow", "Residential", "Pasture", "Industrial"]),
    ];

    /// <summary>The classes, in alphabetical order.</summary>
    public static IReadOnlyList<string> Labels { get; } =
        [.. Areas.Select(a => a.Label).Append(Highway).Append(River).Order(StringComparer.Ordinal)];

    /// <summary>Draws tiles of all classes in turn.</summary>
    public static IReadOnlyList<Tile> Draw(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var tiles = new Tile[count];
        // Every tile has random numbers of its own, so neither the order nor the number of threads changes it.
        Parallel.For(0, count, i =>
            tiles[i] = DrawOne(Labels[i % Labels.Count], new TileRandom(TileRandom.Mix((ulong)(uint)seed) + TileRandom.Mix((ulong)i + 1))));
        return tiles;
    }

    private static Tile DrawOne(string label, TileRandom random)
    {
        var canvas = new Canvas();
        string description = label is Highway or River ? DrawCrossing(canvas, label, random) : DrawArea(canvas, Find(label), random);
        return new(Photograph(canvas, random), label, description);
    }

    private static string DrawArea(Canvas canvas, Subject subject, TileRandom random)
    {
        subject.Draw(canvas, random);
        string description = subject.Name;
        if (random.Chance(subject.Label == "Water" ? 0.6 : 0.36))
        {
            Subject beside = Find(random.Pick(subject.Neighbors));
            DrawBeside(canvas, beside, share: random.Between(0.15, 0.44), random);
            description += $" beside {beside.Name}";
        }

        if (subject.Label != "Water" && random.Chance(0.14))
        {
            bool lane = random.Chance(0.6);
            if (lane)
                Crossing.Lane(canvas, random);
            else
                Crossing.Brook(canvas, random);
            description += lane ? ", with a lane" : ", with a brook";
        }

        return description;
    }

    private static string DrawCrossing(Canvas canvas, string label, TileRandom random)
    {
        Subject ground = Find(random.Pick("Field", "Field", "Field", "Pasture", "Pasture", "Meadow", "Forest", "Forest", "Residential"));
        ground.Draw(canvas, random);
        string description = ground.Name;
        if (random.Chance(0.25))
        {
            Subject beside = Find(random.Pick(ground.Neighbors.Where(n => n != "Water").ToArray()));
            DrawBeside(canvas, beside, share: random.Between(0.25, 0.5), random);
            description += $" and {beside.Name}";
        }

        bool both = random.Chance(0.18);
        if (label == River || both)
            Crossing.River(canvas, random);
        if (label == Highway || both)
            Crossing.Highway(canvas, random);
        string crossing = both ? "a highway and a river" : label == Highway ? "a highway" : "a river";
        return $"{crossing} through {description}";
    }

    /// <summary>Puts a second area on one side of a wavy line, so that it takes up about a share of the tile.</summary>
    private static void DrawBeside(Canvas canvas, Subject subject, double share, TileRandom random)
    {
        var other = new Canvas();
        subject.Draw(other, random);
        Vec towards = random.Direction();
        var noise = new Noise(random.NextBits());
        double wave = random.Chance(0.4) ? 0.5 : random.Between(2, 6);
        double line = (0.5 - share) * Canvas.Size * 1.1;
        canvas.Cover(p => (p - new Vec(32, 32)).Dot(towards) - line + wave * noise.Fractal(p.X / 14, p.Y / 14, 3),
            (p, _) => other[(int)p.X, (int)p.Y]);
    }

    /// <summary>What a camera makes of it: season and sun change the colors, haze takes contrast away, the sensor adds noise.</summary>
    private static byte[] Photograph(Canvas canvas, TileRandom random)
    {
        double light = random.Between(0.85, 1.3), haze = random.Between(0.0, 0.26), grain = random.Between(0.004, 0.013);
        Rgb tint = new(1 + 0.03 * random.Bell(), 1 + 0.02 * random.Bell(), 1 + 0.03 * random.Bell());
        Rgb air = Rgb.Bytes(136, 142, 152);
        Vec slope = random.Direction() * random.Between(0, 0.0018);
        var pixels = new byte[3 * Canvas.Size * Canvas.Size];
        int i = 0;
        for (int y = 0; y < Canvas.Size; y++)
        {
            for (int x = 0; x < Canvas.Size; x++)
            {
                Rgb c = canvas[x, y] * (light * (1 + slope.Dot(new Vec(x - 32, y - 32))));
                c = new Rgb(c.R * tint.R, c.G * tint.G, c.B * tint.B).Mix(air, haze);
                double gray = grain * random.Grain();
                pixels[i++] = ToByte(c.R + gray + 0.4 * grain * random.Grain());
                pixels[i++] = ToByte(c.G + gray + 0.4 * grain * random.Grain());
                pixels[i++] = ToByte(c.B + gray + 0.4 * grain * random.Grain());
            }
        }

        return pixels;
    }

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Floor(value * 255 + 0.5), 0, 255);

    private static Subject Find(string label) => Areas.First(a => a.Label == label);

    private sealed record Subject(string Label, string Name, Action<Canvas, TileRandom> Draw, string[] Neighbors);
}
