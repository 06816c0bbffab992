using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Torch;
using TorchSharp;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What one layer for vectors takes of a step of training: forward, norm and backward, on one thread. Layers take turns.</summary>
internal static class LayerBench
{
    private const int Batch = 64, Rounds = 20, Steps = 10;

    public static void Run(int inputs, IReadOnlyList<string> texts)
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        Timing.OfProcessor = true; // Other work on the machine counts less.
        var context = new BuildContext(0, 1, new LayerFactory(new torch.Generator(1, torch.CPU), torch.CPU));
        using var batch = torch.randn([Batch, inputs], generator: context.Factory.Generator).requires_grad_();
        var layers = texts.Select(t => GloroLayer.Parse(t).Create(TensorShape.Vector(inputs), context)).ToArray();
        var times = layers.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < layers.Length; i++)
                times[i].Add(Timing.Milliseconds(() => Take(layers[i], batch)) / Steps);
        }

        Console.WriteLine($"milliseconds a step, {inputs} inputs, batches of {Batch}, one thread: median and quartiles of {Rounds} rounds");
        for (int i = 0; i < layers.Length; i++)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{texts[i],-32}{Timing.Median(times[i]),8:F2}{Timing.Quantile(times[i], 0.25),8:F2}–{Timing.Quantile(times[i], 0.75):F2}"));
            layers[i].Dispose();
        }
    }

    private static void Take(TrainableLayer layer, torch.Tensor batch)
    {
        for (int step = 0; step < Steps; step++)
        {
            using var scope = torch.NewDisposeScope();
            var loss = layer.Forward(batch, training: true).square().sum();
            (layer.EstimateNorm(powerSteps: 1) is { } norm ? loss + norm.sum() : loss).backward();
        }
    }
}
