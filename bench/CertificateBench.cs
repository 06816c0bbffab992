using Microsoft.ML.Gloro.Guarantees;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What the certificate of one row costs by itself: ordering the classes, and the radii r_1 … r_K from logits and margin constants.</summary>
internal static class CertificateBench
{
    private const int Rows = 64, Rounds = 200;

    public static void Run()
    {
        Console.WriteLine($"{"classes",7} {"K",3} {"order",8} {"radii",8}   (medians, µs a row)");
        foreach (var (classes, k) in (IEnumerable<(int, int)>)[(10, 5), (100, 5), (1000, 1), (1000, 2), (1000, 5), (1000, 10), (1000, 20)])
        {
            var random = new Random(1);
            double[] constants = new double[classes * classes];
            for (int i = 0; i < classes; i++)
            {
                for (int j = 0; j < i; j++)
                    constants[(i * classes) + j] = constants[(j * classes) + i] = 1 + random.NextDouble();
            }

            var margins = new MarginConstants(constants, classes);
            float[] logits = [.. Enumerable.Range(0, Rows * classes).Select(_ => random.NextSingle())];
            int[] order = new int[Rows * classes];
            float[] radii = new float[k];
            var (ordering, computing) = (new List<double>(), new List<double>());
            for (int round = 0; round < Rounds; round++)
            {
                ordering.Add(Timing.Milliseconds(() =>
                {
                    for (int row = 0; row < Rows; row++)
                        Certificate.TryOrder(logits.AsSpan(row * classes, classes), order.AsSpan(row * classes, classes));
                }));
                computing.Add(Timing.Milliseconds(() =>
                {
                    for (int row = 0; row < Rows; row++)
                        Certificate.ComputeRadii(logits.AsSpan(row * classes, classes), order.AsSpan(row * classes, classes), margins, 1e-9, radii);
                }));
            }

            double PerRow(List<double> times) => 1000 * Timing.Median(times.Skip(Rounds / 4)) / Rows;
            Console.WriteLine(FormattableString.Invariant($"{classes,7} {k,3} {PerRow(ordering),8:F2} {PerRow(computing),8:F2}"));
        }
    }
}
