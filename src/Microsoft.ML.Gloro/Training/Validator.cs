using Microsoft.ML.Gloro.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

internal static class Validator
{
    public static (double, double) Measure(LipschitzNetwork network, TrainingSet set, TrainerSettings settings, double kappa)
    {
        var source = new BatchSource(set, 256, settings.Device);
        var rows = network.Final.Rows().cpu().data<float>().ToArray();
        int d = network.Final.Rows().IntDim();
        int clean = 0, vra = 0, rt3 = 0, n = 0;
        for (int s = 0; s < set.Count; s += 256)
        {
            using var scope = NewDisposeScope();
            int c = Math.Min(256, set.Count - s);
            var y = network.Forward(source.Read(s, c), false, ScalarType.Float32).cpu();
            int C = (int)y.shape[1];
            var v = y.data<float>().ToArray();
            for (int i = 0; i < c; i++)
            {
                var l = v.AsSpan(i * C, C).ToArray();
                int[] order = [.. Enumerable.Range(0, C).OrderByDescending(k => l[k])];
                int lab = set.Label(s + i);
                n++;
                if (order[0] == lab) clean++;
                double R(int k)
                {
                    double r = double.PositiveInfinity;
                    for (int a = 0; a < k; a++)
                        for (int b = k; b < C; b++)
                        {
                            double q = 0;
                            for (int z = 0; z < d; z++) { double t = rows[order[a] * d + z] - rows[order[b] * d + z]; q += t * t; }
                            r = Math.Min(r, (l[order[a]] - l[order[b]]) / (kappa * Math.Sqrt(q)));
                        }
                    return r;
                }
                if (order[0] == lab && R(1) > settings.Epsilon) vra++;
                int kk = 0; for (int k = 1; k <= 3; k++) if (R(k) > settings.Epsilon) kk = k;
                if (Array.IndexOf(order, lab) < kk) rt3++;
            }
        }
        Console.WriteLine($"   local {vra / (double)n:F4} rt3 {rt3 / (double)n:F4} clean {clean / (double)n:F4}");
        return (clean / (double)n, vra / (double)n);
    }
    private static int IntDim(this Tensor t) => (int)t.shape[1];
}
