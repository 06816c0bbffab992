using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// What it costs to score in the arithmetic that certificates cover: the scorers alone, on random pixels, with nothing decoded or
/// certified.
/// </summary>
internal static class ArithmeticBench
{
    private const int Images = 1600; // for each size of batch

    public static void Run(DeployedNetwork network)
    {
        using var real = new OnnxScorer(network);
        using var float64 = new Float64Scorer(network);
        Console.WriteLine($"{"batch",5}  {"float32",10}  {"float64",10}  {"ratio",5}   (medians, milliseconds an image)");
        foreach (int batch in (int[])[1, 8, 64])
        {
            float[] pixels = RandomPixels(batch * network.InputShape.Size);
            var logits = new float[batch * network.ClassCount];
            int rounds = Math.Clamp(Images / batch, 25, 300);
            var times = (Real: new List<double>(), Float64: new List<double>());
            for (int round = 0; round < rounds; round++)
            {
                times.Real.Add(Timing.Milliseconds(() => real.Score(pixels, batch, logits)) / batch);
                times.Float64.Add(Timing.Milliseconds(() => float64.Score(pixels, batch, logits)) / batch);
            }

            var (first, second) = (Timing.Median(times.Real), Timing.Median(times.Float64));
            Console.WriteLine(FormattableString.Invariant($"{batch,5}  {first,10:F3}  {second,10:F3}  {second / first,5:F2}"));
        }
    }

    private static float[] RandomPixels(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
    }
}
