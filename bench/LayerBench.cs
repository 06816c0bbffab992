using System.Globalization;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>
/// Where the time of a step goes in a network of one's own: each layer alone, forwards, backwards and for its norm, on batches like those
/// of CIFAR-100. Layers of the same kind with the same input are measured once.
/// </summary>
internal static class LayerBench
{
    private const int BatchSize = 64;

    private static readonly TensorShape s_image = new(3, 32, 32);

    /// <param name="layers">The list, joined by commas.</param>
    /// <param name="arguments">Its number of classes plays no part.</param>
    public static void Run(string layers, TrainingArguments arguments)
    {
        GloroLayer[] list = [.. layers.Split(',', StringSplitOptions.TrimEntries).Select(GloroLayer.Parse)];
        var shapes = NetworkBuilder.Trace(s_image, list);
        bool mixed = arguments.MixedPrecision ?? TrainingProblem.HasFastBFloat16;
        var type = mixed ? ScalarType.BFloat16 : ScalarType.Float32;
        using var collector = new BlockingCollections();
        using var memory = new RetainedMemory();
        using var generator = new Generator(1, CPU);
        var context = new BuildContext(list.Length, list.Length, new LayerFactory(generator, CPU));
        Console.WriteLine($"Medians of {arguments.Rounds} rounds in milliseconds; batches of {BatchSize}, "
            + $"{(mixed ? "bfloat16" : "float32")}, {get_num_threads()} threads of libtorch.");
        Console.WriteLine($"{"layer",-34}{"times",6}{"input",11}{"forwards",10}{"backwards",11}{"norm",7}");
        foreach (var group in list.Zip(shapes).GroupBy(pair => pair))
        {
            var (layer, input) = group.Key;
            using var trainable = layer.Create(input, context);
            double[][] rounds = [.. Enumerable.Range(-1, arguments.Rounds + 1).Select(_ => Measure(trainable, input, type)).Skip(1)];
            double Median(int column) => Timing.Median(rounds.Select(round => round[column]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{layer,-34}{group.Count(),6}{input,11}{Median(0),10:F2}{Median(1),11:F2}{Median(2),7:F2}"));
        }
    }

    private static double[] Measure(TrainableLayer layer, TensorShape input, ScalarType type)
    {
        using var scope = NewDisposeScope();
        long[] sizes = input.IsVector ? [BatchSize, input.Channels] : [BatchSize, input.Channels, input.Height, input.Width];
        var x = randn(sizes).to(type).requires_grad_(true);
        Tensor? output = null;
        double forwards = Timing.Milliseconds(() => output = layer.Forward(x, training: true));
        var gradient = ones_like(output!);
        double backwards = Timing.Milliseconds(() => output!.backward([gradient]));
        double norm = Timing.Milliseconds(() => layer.EstimateNorm(powerSteps: 1)?.backward());
        return [forwards, backwards, norm];
    }
}
