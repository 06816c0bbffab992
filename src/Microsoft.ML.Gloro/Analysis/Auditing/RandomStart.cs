using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Random points of a ball. They depend on the seed and the row only, not on the other rows of a batch.</summary>
internal static class RandomStart
{
    /// <summary>A separate random source for each row and use.</summary>
    public static Random Source(int seed, long row, int use) => new(unchecked((int)((((seed * 1_000_003L) + row) * 7919) + use)));

    /// <summary>
    /// A vector of length <paramref name="length"/> in a random direction; with a metric, 0 for features that cannot be changed.
    /// </summary>
    public static void Fill(Span<float> vector, Random random, double length, InputMetric? metric)
    {
        double squares = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            // A sum of uniform numbers is close enough to normal for a direction, and cheap.
            float value = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
            if (metric?.Tolerances[i] == 0)
                value = 0;
            vector[i] = value;
            squares += (double)value * value;
        }

        double factor = squares > 0 ? length / Math.Sqrt(squares) : 0;
        foreach (ref float value in vector)
            value = (float)(value * factor);
    }
}
