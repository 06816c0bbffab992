using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What the certificate of one row costs by itself: finding the first K classes, the radii r_1 … r_K from logits and margin constants, and
/// the classes within reach.
/// </summary>
internal static class CertificateBench
{
    private const int Rows = 64, Rounds = 200;

    public static void Run()
    {
        Console.WriteLine($"{"classes",7} {"K",3} {"order",8} {"radii",8} {"together",8} {"reachable",9} {"bytes",5}   (medians, µs a "
            + "row; ≤ 10 together for 1000 classes and K = 5)");
        foreach (var (classes, k) in (IEnumerable<(int, int)>)[(10, 5), (100, 5), (1000, 1), (1000, 2), (1000, 5), (1000, 10), (1000, 20)])
        {
            var random = new Random(1);
            MarginConstants margins = Constants(random, classes);
            float[] logits = [.. Enumerable.Range(0, Rows * classes).Select(_ => random.NextSingle())];
            int[] order = new int[Rows * k], reachable = new int[classes];
            float[] radii = new float[k];
            var (ordering, computing, reaching) = (new List<double>(), new List<double>(), new List<double>());
            double Each(Action<int> work) => 1000 * Timing.Milliseconds(() =>
            {
                for (int row = 0; row < Rows; row++)
                    work(row);
            }) / Rows;
            long allocated = 0;
            for (int round = 0; round < Rounds; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                ordering.Add(Each(row => Certificate.TryOrder(logits.AsSpan(row * classes, classes), order.AsSpan(row * k, k))));
                computing.Add(
                    Each(row =>
                        Certificate.ComputeRadii(logits.AsSpan(row * classes, classes), order.AsSpan(row * k, k), margins, 1e-9, radii)));
                reaching.Add(
                    Each(row => Certificate.ReachableLabels(
                        logits.AsSpan(row * classes, classes), order.AsSpan(row * k, k), margins, 1e-9, 0.01f, reachable)));
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            double PerRow(List<double> times) => Timing.Median(times.Skip(Rounds / 4));
            var (o, r) = (PerRow(ordering), PerRow(computing));
            Console.WriteLine(FormattableString.Invariant(
                $"{classes,7} {k,3} {o,8:F2} {r,8:F2} {o + r,8:F2} {PerRow(reaching),9:F2} {allocated / Rows / 3,5}"));
        }
    }

    /// <summary>Margin constants between 1 and 2.</summary>
    public static MarginConstants Constants(Random random, int classes)
    {
        double[] constants = new double[classes * classes];
        for (int i = 0; i < classes; i++)
        {
            for (int j = 0; j < i; j++)
                constants[(i * classes) + j] = constants[(j * classes) + i] = 1 + random.NextDouble();
        }

        return new MarginConstants(constants, classes);
    }
}
