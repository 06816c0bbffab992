using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Small random networks for tests; the same seed gives the same network.</summary>
internal sealed class RandomNetworks(int seed)
{
    private readonly Random _random = new(seed);

    public static DeployedActivation MinMax { get; } = new(ActivationFunction.MinMax);

    public static DeployedActivation ReLU { get; } = new(ActivationFunction.ReLU);

    public static DeployedActivation Absolute { get; } = new(ActivationFunction.Absolute);

    public static DeployedActivation HalfAbsolute { get; } = new(ActivationFunction.HalfAbsolute);

    /// <summary>Values in [−scale, scale).</summary>
    public float[] Values(int count, double scale = 1)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(((_random.NextDouble() * 2) - 1) * scale);
        return values;
    }

    public DeployedDense Dense(int inputs, int outputs) =>
        new(Values(inputs * outputs, 1 / Math.Sqrt(inputs)), Values(outputs, 0.1), inputs, outputs);

    public DeployedConvolution Convolution(int inChannels, int outChannels, int height, int width, int stride, ZeroPadding padding) => new(
        Values(inChannels * outChannels * height * width, 1 / Math.Sqrt(inChannels * height * width)),
        Values(outChannels, 0.1), inChannels, outChannels, height, width, stride, padding);

    public DeployedScaling Scaling(int channels) => new(Values(channels, 2), Values(channels));

    /// <summary>Every kind of layer, with odd sides, uneven padding and a block that does not divide the image.</summary>
    public DeployedNetwork EveryKind() => new(new TensorShape(3, 13, 17),
    [
        Scaling(3),
        new DeployedSpaceToDepth(2), // 12 × 7 × 9, after filling up
        Convolution(12, 10, 3, 2, 1, new ZeroPadding(1, 0, 2, 1)), // 10 × 8 × 9
        MinMax,
        Convolution(10, 6, 4, 3, 2, new ZeroPadding(2, 1, 1, 1)), // 6 × 4 × 5
        ReLU,
        new DeployedAveragePooling(2), // 6 × 2 × 2, a column dropped
        new DeployedFlatten(),
        Dense(24, 14),
        MinMax,
        Dense(14, 5),
    ]);

    /// <summary>The kinds that <see cref="EveryKind"/> lacks, whose bits are pinned: absolute values and shifts.</summary>
    public DeployedNetwork OtherKinds() => new(
        new TensorShape(3, 6, 5),
        [
            Convolution(3, 5, 3, 3, 1, ZeroPadding.All(1)), Absolute, new DeployedChannelShift(1), Scaling(5),
            Convolution(5, 8, 2, 2, 2, default), HalfAbsolute, new DeployedChannelShift(2), // 8 × 3 × 2: no channel stays
            new DeployedFlatten(), Dense(48, 5),
        ]);

    /// <summary>Layers between which an image keeps its place, on a square image seen from all sides.</summary>
    public DeployedNetwork Turned() => new(
        new TensorShape(3, 9, 9),
        [
            Scaling(3), Convolution(3, 8, 3, 2, 2, new ZeroPadding(1, 0, 2, 1)), MinMax, new DeployedFlatten(), Dense(8 * 5 * 5, 14),
            MinMax, Dense(14, 5),
        ],
        GloroImageViews.MirroredAndTurned);

    /// <summary>A network on vectors, of a few hundred bytes.</summary>
    public DeployedNetwork Vector(int inputs = 3, int hidden = 4, int classes = 3) =>
        new(TensorShape.Vector(inputs), [Scaling(inputs), Dense(inputs, hidden), MinMax, Dense(hidden, classes)]);
}
