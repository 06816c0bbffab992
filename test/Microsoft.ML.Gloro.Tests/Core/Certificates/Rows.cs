using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Random rows and constants, and short ways to the code under test.</summary>
internal static class Rows
{
    private static readonly float[] _special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];
    private static readonly float[] _extreme =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1e-38f, 1e38f, float.MaxValue, float.MinValue, 1f, 1.0000001f,
    ];

    /// <summary>
    /// Logits of one of several kinds: continuous, with many ties, with extreme values, or with values that are not finite.
    /// </summary>
    public static float[] Logits(Random random, int classes, bool finite = false)
    {
        var kind = random.Next(finite ? 5 : 6);
        var logits = new float[classes];
        for (var c = 0; c < classes; c++)
        {
            logits[c] = kind switch
            {
                0 or 1 => (float)Normal(random),
                2 or 3 => random.Next(3),
                4 => _extreme[random.Next(_extreme.Length)],
                _ => (float)Normal(random),
            };
        }
        if (kind == 5)
            logits[random.Next(classes)] = _special[random.Next(_special.Length)];
        return logits;
    }

    /// <summary>Symmetric K_ij: ordinary, of very different sizes, or with zeros (two classes with the same weights).</summary>
    public static double[,] Constants(Random random, int classes)
    {
        var kind = random.Next(4);
        var constants = new double[classes, classes];
        for (var i = 0; i < classes; i++)
        {
            for (var j = 0; j < i; j++)
            {
                constants[i, j] = constants[j, i] = kind switch
                {
                    0 => 0.5 + random.NextDouble(),
                    1 => 1,
                    2 => Math.Pow(10, (random.NextDouble() * 12) - 6),
                    _ => random.Next(3) * 0.75,
                };
            }
        }
        return constants;
    }

    public static MarginConstants Bind(double[,] constants) => new([.. constants.Cast<double>()], constants.GetLength(0));

    public static ResolvedGuarantee Bind(RobustnessGuarantee guarantee, int classes) =>
        ResolvedGuarantee.Bind(guarantee, [.. Enumerable.Range(0, classes).Select(c => $"c{c}")]);

    public static AffinitySets Family(int classes, IEnumerable<int> family) =>
        AffinitySets.FromIndices(family.Select(set => Oracle.Members(classes, set)));

    /// <summary>Up to four random affinity sets, none empty and none with all classes.</summary>
    public static int[] Family(Random random, int classes) =>
        [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(1, (1 << classes) - 1)).Distinct()];

    public static int[] Order(float[] logits)
    {
        var order = new int[logits.Length];
        Certificate.TryOrder(logits, order);
        return order;
    }

    public static float[] Radii(float[] logits, MarginConstants constants, int count, double error = 0)
    {
        var radii = new float[count];
        radii.AsSpan().Fill(float.NaN);   // so that a radius that is not written shows
        Certificate.ComputeRadii(logits, Order(logits), constants, error, radii);
        return radii;
    }

    public static int[] Reachable(float[] logits, MarginConstants constants, float epsilon, double error = 0)
    {
        var destination = new int[logits.Length];
        return destination[..Certificate.ReachableLabels(logits, Order(logits), constants, error, epsilon, destination)];
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
