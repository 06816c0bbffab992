namespace Microsoft.ML.Gloro.Core;

/// <summary>Converts pixel bytes to the network's floats: b / 255f, the same in training and scoring.</summary>
internal static class PixelScale
{
    private static readonly float[] Table = [.. Enumerable.Range(0, 256).Select(b => b / 255f)];

    /// <summary>One pixel's value in [0, 1].</summary>
    public static float ToUnit(byte value) => Table[value];

    /// <summary>Scales <paramref name="bytes"/> into <paramref name="destination"/>.</summary>
    public static void Apply(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        destination = destination[..bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
            destination[i] = Table[bytes[i]];
    }
}
