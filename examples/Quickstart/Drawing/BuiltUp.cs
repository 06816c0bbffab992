namespace Quickstart.Drawing;

/// <summary>Subjects that people build to live and to work in.</summary>
internal static class BuiltUp
{
    private static readonly Rgb Asphalt = Rgb.Bytes(122, 120, 118);

    public static void Residential(Canvas canvas, TileRandom random)
    {
        var noise = new Noise(random.NextBits());
        Rgb lawn = Rgb.Bytes(random.Whole(98, 124), random.Whole(112, 124), random.Whole(78, 96));
        Rgb paved = Rgb.Bytes(146, 138, 128).Vary(random, 0.05);
        double dense = random.Between(0.15, 0.65);
        canvas.Fill(p => lawn.Mix(paved, Math.Clamp(dense + 0.5 * noise.Fractal(p.X / 6, p.Y / 6, 3), 0, 1)));

        Vec along = random.Direction();
        double block = random.Between(13, 19), road = random.Between(1.0, 1.7), shift = random.Between(0, 19);
        double cross = random.Between(26, 48), crossShift = random.Between(0, 40);
        Rgb street = Asphalt.Vary(random, 0.07);
        var center = new Vec(32, 32);
        canvas.Cover(p => road - FromGrid((p - center).Dot(along.Across) + shift, block), (_, _) => street);
        canvas.Cover(p => road - FromGrid((p - center).Dot(along) + crossShift, cross), (_, _) => street);

        Rgb[] roofs =
            [Rgb.Bytes(168, 104, 84), Rgb.Bytes(150, 94, 78), Rgb.Bytes(128, 122, 118), Rgb.Bytes(102, 94, 92), Rgb.Bytes(188, 176, 164)];
        int favorite = random.Whole(0, roofs.Length - 1);
        double spacing = random.Between(5, 7.5);
        for (double v = -60 - shift; v < 60; v += block)
        {
            foreach (double side in (ReadOnlySpan<double>)[0.27, 0.73])
            {
                for (double u = -50; u < 50; u += spacing)
                {
                    if (random.Chance(0.12) || FromGrid(u + crossShift, cross) < road + 2)
                        continue;
                    Vec at = center + along * (u + random.Between(-0.7, 0.7)) + along.Across * (v + side * block);
                    House(canvas, random, at, along, random.Chance(0.7) ? roofs[favorite] : random.Pick(roofs));
                }
            }
        }

        CountrySide.Trees(canvas, random, random.Whole(4, 30), 0.7, 1.5);
    }

    public static void Industrial(Canvas canvas, TileRandom random)
    {
        var noise = new Noise(random.NextBits());
        Rgb yard = random.Pick(Rgb.Bytes(134, 130, 124), Rgb.Bytes(116, 114, 112), Rgb.Bytes(150, 140, 122)).Vary(random, 0.06);
        canvas.Fill(p => yard * (1 + 0.10 * noise.Fractal(p.X / 7, p.Y / 7, 4)));
        Vec along = random.Direction();
        var center = new Vec(32, 32);
        double cell = random.Between(17, 27);
        Rgb[] roofs = [Rgb.Bytes(206, 204, 200), Rgb.Bytes(178, 180, 182), Rgb.Bytes(146, 152, 160), Rgb.Bytes(120, 138, 160),
            Rgb.Bytes(162, 122, 104), Rgb.Bytes(104, 102, 104)];
        Vec shift = new(random.Between(-9, 9), random.Between(-9, 9));
        for (int i = -2; i <= 2; i++)
        {
            for (int j = -2; j <= 2; j++)
            {
                Vec at = center + shift + along * (i * cell * 1.2) + along.Across * (j * cell);
                if (random.Chance(0.16))
                {
                    Parking(canvas, random, at, along, cell * 0.7);
                    continue;
                }

                double length = cell * random.Between(0.65, 1.1), width = cell * random.Between(0.4, 0.78);
                Rgb roof = random.Pick(roofs).Vary(random, 0.05);
                double ridge = random.Between(2.5, 6), strength = random.Between(0.0, 0.06);
                canvas.Block(at + new Vec(1.2, 1.2), along, length, width, _ => yard * 0.55);
                canvas.Block(at, along, length, width, p =>
                {
                    double w = (p - at).Dot(along) / ridge + 100;
                    return roof * (1 + (w - Math.Floor(w) < 0.5 ? strength : -strength));
                });
            }
        }

        if (random.Chance(0.5))
            CountrySide.Trees(canvas, random, random.Whole(2, 10), 0.8, 1.6);
    }

    private static void House(Canvas canvas, TileRandom random, Vec at, Vec along, Rgb roof)
    {
        double length = random.Between(2.8, 4.6), width = random.Between(2.2, 3.2);
        Rgb lit = roof.Vary(random, 0.08), shaded = lit * 0.78;
        canvas.Block(at + new Vec(0.8, 0.8), along, length, width, _ => Rgb.Bytes(66, 66, 60));
        canvas.Block(at, along, length, width, p => (p - at).Dot(along.Across) > 0 ? lit : shaded);
    }

    private static void Parking(Canvas canvas, TileRandom random, Vec at, Vec along, double size)
    {
        ulong seed = random.NextBits();
        canvas.Block(at, along, size, size, p =>
        {
            Vec d = p - at;
            int column = (int)Math.Floor(d.Dot(along) / 1.6), row = (int)Math.Floor(d.Dot(along.Across) / 3);
            ulong own = TileRandom.Mix(seed ^ (ulong)(uint)(column * 131 + row * 7919));
            return (own & 3) == 0 ? Rgb.Bytes(190, 190, 192) : Asphalt * 0.85;
        });
    }

    private static double FromGrid(double value, double period)
    {
        double phase = value / period - Math.Floor(value / period);
        return Math.Min(phase, 1 - phase) * period;
    }
}
