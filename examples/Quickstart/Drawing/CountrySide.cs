namespace Quickstart.Drawing;

/// <summary>Subjects that fill an area and grow there: fields, pasture, meadow, forest, orchards; and open water.</summary>
internal static class CountrySide
{
    public static readonly Rgb DarkGreen = Rgb.Bytes(44, 66, 40);
    private static readonly Rgb Grass = Rgb.Bytes(98, 122, 66);

    public static void Field(Canvas canvas, TileRandom random)
    {
        Rgb[] crops =
        [
            Rgb.Bytes(142, 112, 86), Rgb.Bytes(120, 98, 76), Rgb.Bytes(172, 152, 108), Rgb.Bytes(158, 146, 92),
            Rgb.Bytes(112, 126, 72), Rgb.Bytes(92, 118, 62), Rgb.Bytes(128, 138, 82), Rgb.Bytes(88, 104, 66),
        ];
        Vec along = random.Direction();
        double strip = random.Between(14, 30), offset = random.Between(0, 60);
        double cut = random.Between(20, 48), furrow = random.Between(2.2, 5.5), depth = random.Between(0.015, 0.07);
        ulong seed = random.NextBits();
        var noise = new Noise(random.NextBits());
        canvas.Fill(p =>
        {
            double u = p.Dot(along.Across) + 200 + offset + 1.5 * noise.Smooth(p.X / 20, p.Y / 20);
            int column = (int)(u / strip);
            double v = p.Dot(along) + 300 + 37 * (TileRandom.Mix(seed + (ulong)column) & 7);
            int row = (int)(v / cut);
            ulong own = TileRandom.Mix(seed ^ (ulong)(column * 1009 + row * 9176));
            Rgb crop = crops[own % (ulong)crops.Length] * (0.88 + 0.24 * ((own >> 20) & 255) / 255.0);
            // Furrows run along or across the parcel.
            double w = ((own >> 30) & 1) == 0 ? u : v;
            double phase = w / furrow - Math.Floor(w / furrow);
            double light = 1 + depth * (phase < 0.5 ? 1 : -1) + 0.06 * noise.Fractal(p.X / 9, p.Y / 9, 3);
            double edge = Math.Min(Math.Min(u - column * strip, (column + 1) * strip - u), Math.Min(v - row * cut, (row + 1) * cut - v));
            return (crop * light).Mix(Grass * 0.8, Math.Clamp(0.9 - edge, 0, 0.6));
        });
    }

    public static void Pasture(Canvas canvas, TileRandom random)
    {
        Rgb grass = Rgb.Bytes(random.Whole(96, 122), random.Whole(132, 150), random.Whole(62, 78)).Vary(random, 0.04);
        Rgb other = grass.Vary(random, 0.06);
        var noise = new Noise(random.NextBits());
        Vec hedge = random.Direction();
        double place = random.Between(-26, 26);
        canvas.Fill(p =>
        {
            double side = (p - new Vec(32, 32)).Dot(hedge) - place;
            return (side > 0 ? grass : other) * (1 + 0.07 * noise.Fractal(p.X / 14, p.Y / 14, 4));
        });
        for (int i = random.Whole(0, 2); i > 0; i--)
        {
            Vec at = hedge * place + new Vec(32, 32);
            Vec normal = i == 2 ? hedge.Across : hedge;
            canvas.Cover(
                p => 0.9 + 0.8 * noise.Smooth(p.X / 4, p.Y / 4) - Math.Abs((p - at).Dot(normal)), (_, under) => under.Mix(DarkGreen, 0.65));
        }

        Trees(canvas, random, random.Whole(0, 7), 1.0, 2.2);
    }

    public static void Meadow(Canvas canvas, TileRandom random)
    {
        Rgb dry = Rgb.Bytes(random.Whole(150, 172), random.Whole(136, 150), random.Whole(94, 108));
        Rgb green = Rgb.Bytes(random.Whole(96, 116), random.Whole(106, 120), random.Whole(64, 78));
        var noise = new Noise(random.NextBits());
        double grain = random.Between(6, 15), rough = random.Between(0.06, 0.13);
        canvas.Fill(p =>
        {
            double share = Math.Clamp(0.5 + 0.8 * noise.Fractal(p.X / grain, p.Y / grain, 4), 0, 1);
            return dry.Mix(green, share) * (1 + rough * noise.Smooth(p.X / 1.7 + 40, p.Y / 1.7));
        });
        Trees(canvas, random, random.Whole(2, 16), 0.8, 1.8);
    }

    public static void Forest(Canvas canvas, TileRandom random)
    {
        Rgb dark = Rgb.Bytes(random.Whole(34, 52), random.Whole(56, 72), random.Whole(36, 48));
        Rgb light = Rgb.Bytes(random.Whole(62, 88), random.Whole(88, 108), random.Whole(46, 62));
        var noise = new Noise(random.NextBits());
        double crown = random.Between(2.4, 4.6), mixed = random.Between(0.1, 0.7);
        canvas.Fill(p =>
        {
            (double distance, double own) = noise.Crown(p.X / crown, p.Y / crown);
            double stand = Math.Clamp(0.4 + noise.Fractal(p.X / 22, p.Y / 22, 2), 0, 1);
            return dark.Mix(light, mixed * (0.55 * stand + 0.45 * own)) * (1.16 - 0.42 * distance);
        });
        if (random.Chance(0.3))
            Glade(canvas, random, Grass.Vary(random, 0.08));
    }

    public static void Orchard(Canvas canvas, TileRandom random)
    {
        Rgb ground = random.Pick(Rgb.Bytes(150, 130, 98), Rgb.Bytes(112, 122, 76), Rgb.Bytes(134, 120, 88)).Vary(random, 0.06);
        Rgb leaf = Rgb.Bytes(random.Whole(48, 66), random.Whole(78, 94), random.Whole(42, 54));
        Vec along = random.Direction();
        double row = random.Between(5.0, 7.5), plant = row * random.Between(0.6, 1.0), size = random.Between(0.28, 0.38);
        var noise = new Noise(random.NextBits());
        canvas.Fill(p =>
        {
            double u = p.Dot(along) / plant, v = p.Dot(along.Across) / row;
            double du = (u - Math.Floor(u) - 0.5) * plant, dv = (v - Math.Floor(v) - 0.5) * row;
            double own = noise.Smooth(Math.Floor(u) * 1.7 + 90, Math.Floor(v) * 1.3 + 31);
            double crown = own < -0.72 ? 0 : Math.Clamp(row * size * (1 + 0.25 * own) - Math.Sqrt(du * du + dv * dv) + 0.5, 0, 1);
            return (ground * (1 + 0.07 * noise.Fractal(p.X / 10, p.Y / 10, 3))).Mix(leaf, 0.9 * crown);
        });
    }

    public static void Water(Canvas canvas, TileRandom random)
    {
        Rgb water = WaterColor(random);
        var noise = new Noise(random.NextBits());
        Vec wind = random.Direction(), depth = random.Direction() * random.Between(0, 0.009);
        double waves = random.Between(0.02, 0.08), length = random.Between(2.5, 6), gusts = random.Between(0.04, 0.2);
        canvas.Fill(p =>
        {
            // Crests lie across the wind; gusts darken patches; the bottom shows where it is shallow.
            double ripple = noise.Smooth(p.Dot(wind) / length + 70, p.Dot(wind.Across) / (length * 4));
            return water * (1 + waves * ripple + gusts * noise.Fractal(p.X / 26, p.Y / 26, 3) + depth.Dot(p - new Vec(32, 32)));
        });
    }

    /// <summary>Blue, green or brown, as it carries.</summary>
    public static Rgb WaterColor(TileRandom random) =>
        random.Pick(Rgb.Bytes(46, 72, 98), Rgb.Bytes(52, 84, 92), Rgb.Bytes(62, 84, 76), Rgb.Bytes(80, 94, 90), Rgb.Bytes(40, 60, 72))
            .Vary(random, 0.08);

    public static void Trees(Canvas canvas, TileRandom random, int count, double smallest, double largest)
    {
        for (int i = 0; i < count; i++)
        {
            var at = new Vec(random.Between(0, 64), random.Between(0, 64));
            double radius = random.Between(smallest, largest);
            canvas.Dot(at + new Vec(0.8, 0.8), radius, DarkGreen * 0.6, 0.5);
            canvas.Dot(at, radius, DarkGreen.Vary(random, 0.12), 0.85);
        }
    }

    private static void Glade(Canvas canvas, TileRandom random, Rgb color)
    {
        var center = new Vec(random.Between(10, 54), random.Between(10, 54));
        double radius = random.Between(5, 11);
        var noise = new Noise(random.NextBits());
        canvas.Cover(p => radius * (1 + 0.4 * noise.Smooth(p.X / 6, p.Y / 6)) - (p - center).Length,
            (p, _) => color * (1 + 0.08 * noise.Fractal(p.X / 5, p.Y / 5, 3)));
    }
}
