namespace Quickstart.Drawing;

/// <summary>
/// Random numbers that are the same on every machine and in every .NET: SplitMix64 (Steele, Lea and Flood 2014). The drawing uses no sine,
/// power or exponential for the same reason: their last bit is the platform's, while +, −, ×, ÷ and √ are exact everywhere.
/// </summary>
internal sealed class TileRandom(ulong seed)
{
    private ulong state = seed;

    public ulong NextBits()
    {
        state += 0x9E3779B97F4A7C15;
        return Mix(state);
    }

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public double Between(double low, double high) => low + (high - low) * Next();

    /// <summary>Uniform in low … high, both included.</summary>
    public int Whole(int low, int high) => low + (int)(Next() * (high - low + 1));

    public bool Chance(double probability) => Next() < probability;

    public T Pick<T>(params T[] choices) => choices[Whole(0, choices.Length - 1)];

    /// <summary>Bell-shaped around 0 with a standard deviation of about 1: the sum of twelve uniforms.</summary>
    public double Bell()
    {
        double sum = -6;
        for (int i = 0; i < 12; i++)
            sum += Next();
        return sum;
    }

    /// <summary>Bell-shaped like <see cref="Bell"/>, coarser and from one draw: for the grain of every pixel.</summary>
    public double Grain()
    {
        ulong bits = NextBits();
        double sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        return (sum / 65536 - 2) * 1.732;
    }

    /// <summary>A unit vector of any direction.</summary>
    public Vec Direction()
    {
        while (true)
        {
            var v = new Vec(Between(-1, 1), Between(-1, 1));
            double length = v.Length;
            if (length is > 0.1 and <= 1)
                return v * (1 / length);
        }
    }
}
