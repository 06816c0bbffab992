namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Parts rows by their number alone: the same rows on every machine, whatever the classes are called and however they are numbered.</summary>
internal static class RowSplit
{
    /// <summary>Whether a row is held out; a given share of rows is, chosen as if by chance.</summary>
    public static bool IsHeldOut(int row, int seed, double share)
    {
        // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), made to start at the row: 53 bits of it are a fraction.
        ulong z = unchecked((((ulong)(uint)seed << 32) | (uint)row) * 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1L << 53)) < share;
    }
}
