using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Networks to run forward.</summary>
internal static class ForwardNetworks
{
    /// <summary>
    /// The same network with another end, whose logits are nothing but rounding errors: each unit h is made twice, and the logits are v·h −
    /// v·h, summed in two halves. A float shows 24 bits of what is left, so no difference in the last bit of a double on the way stays
    /// hidden behind the rounding to float.
    /// </summary>
    public static DeployedNetwork WithBitsExposed(DeployedNetwork network, int seed)
    {
        var random = new RandomNetworks(seed);
        DeployedDense last = network.Final;
        const int units = 13; // odd: a copy is computed by another kernel than the original
        DeployedDense once = random.Dense(last.Inputs, units);
        DeployedDense factors = random.Dense(units, last.Outputs);
        var ends = new List<float>();
        for (int i = 0; i < last.Outputs; i++)
            ends.AddRange([.. factors.Row(i), .. factors.Row(i).ToArray().Select(v => -v)]);
        return new DeployedNetwork(network.InputShape,
        [
            .. network.Layers.SkipLast(1),
            new DeployedDense([.. once.Weights, .. once.Weights], [.. once.Bias, .. once.Bias], last.Inputs, 2 * units),
            new DeployedDense([.. ends], new float[last.Outputs], 2 * units, last.Outputs),
        ],
        network.Views);
    }

    /// <summary>Three convolutions of random sizes, strides and paddings on an image that is seldom square.</summary>
    public static DeployedNetwork RandomConvolutions(int seed)
    {
        var sizes = new Random(seed);
        var random = new RandomNetworks(seed);
        var input = new TensorShape(sizes.Next(1, 5), sizes.Next(1, 20), sizes.Next(1, 20));
        TensorShape shape = input;
        var layers = new List<DeployedLayer>();
        for (int i = 0; i < 3; i++)
        {
            var padding = new ZeroPadding(sizes.Next(3), sizes.Next(3), sizes.Next(3), sizes.Next(3));
            int height = sizes.Next(1, Math.Min(5, shape.Height + padding.Top + padding.Bottom) + 1);
            int width = sizes.Next(1, Math.Min(5, shape.Width + padding.Left + padding.Right) + 1);
            bool isPaired = sizes.Next(2) == 0;
            int channels = isPaired ? 2 * sizes.Next(1, 18) : sizes.Next(1, 36);
            layers.Add(random.Convolution(shape.Channels, channels, height, width, sizes.Next(1, 4), padding));
            shape = layers[^1].GetOutputShape(shape);
            layers.Add(isPaired ? RandomNetworks.MinMax : RandomNetworks.ReLU);
        }

        int block = sizes.Next(1, 4);
        DeployedLayer last = Math.Min(shape.Height, shape.Width) >= block && sizes.Next(2) == 0
            ? new DeployedAveragePooling(block)
            : new DeployedSpaceToDepth(block);
        shape = last.GetOutputShape(shape);
        return new DeployedNetwork(input, [.. layers, last, new DeployedFlatten(), random.Dense(shape.Size, sizes.Next(2, 40))]);
    }

    /// <summary>Image layers on vectors, before and behind dense ones: a vector is an image of one pixel.</summary>
    public static DeployedNetwork ImageLayersOnVectors(int seed)
    {
        var random = new RandomNetworks(seed);
        return new DeployedNetwork(TensorShape.Vector(6),
        [
            new DeployedFlatten(), random.Scaling(6), random.Convolution(6, 4, 3, 3, 1, ZeroPadding.All(1)), random.Scaling(4),
            new DeployedAveragePooling(1), random.Dense(4, 6),
            new DeployedSpaceToDepth(2), random.Convolution(24, 10, 1, 2, 2, new ZeroPadding(0, 1, 0, 2)), RandomNetworks.MinMax,
            new DeployedFlatten(), random.Dense(20, 3),
        ]);
    }

    /// <summary>A kernel with more taps than the engine looks up at a time, on an image with more pixels than a tile has.</summary>
    public static DeployedNetwork LargeKernel(int seed)
    {
        var random = new RandomNetworks(seed);
        return new DeployedNetwork(new TensorShape(2, 14, 15),
            [
                random.Convolution(2, 19, 11, 13, 1, new ZeroPadding(6, 0, 1, 7)), RandomNetworks.ReLU, new DeployedFlatten(),
                random.Dense(19 * 11 * 10, 3),
            ]);
    }

    /// <summary>The kinds of network that tests over batches and threads run.</summary>
    public static DeployedNetwork OfKind(string kind) => WithBitsExposed(kind switch
    {
        "every kind" => new RandomNetworks(10).EveryKind(),
        "vector" => new RandomNetworks(11).Vector(17, 34, 7),
        "wide vector" => new RandomNetworks(12).Vector(700, 600, 100),
        "image layers on vectors" => ImageLayersOnVectors(13),
        "large kernel" => LargeKernel(14),
        "mirrored" => new RandomNetworks(16).EveryKind().With(GloroImageViews.Mirrored),
        "turned" => new RandomNetworks(17).Turned(),
        _ => Image(),
    }, 20);

    private static DeployedNetwork Image()
    {
        // Enough products in a layer for threads to share it.
        var random = new RandomNetworks(15);
        return new DeployedNetwork(new TensorShape(3, 33, 32),
        [
            random.Convolution(3, 32, 5, 5, 2, ZeroPadding.All(2)), RandomNetworks.MinMax,
            random.Convolution(32, 38, 3, 3, 1, ZeroPadding.All(1)), RandomNetworks.MinMax,
            random.Convolution(38, 24, 4, 4, 4, default), RandomNetworks.MinMax, new DeployedFlatten(), random.Dense(384, 64),
            RandomNetworks.MinMax, random.Dense(64, 10),
        ]);
    }
}
