using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Tests.Models;

/// <summary>Small random networks for tests; the same seed gives the same network.</summary>
internal sealed class RandomNetworks(int seed)
{
    private readonly Random _random = new(seed);

    public static PlainActivation MinMax { get; } = new(PlainActivationKind.MinMax);

    public static PlainActivation ReLU { get; } = new(PlainActivationKind.ReLU);

    /// <summary>Values in [−scale, scale).</summary>
    public float[] Values(int count, double scale = 1)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(((_random.NextDouble() * 2) - 1) * scale);
        return values;
    }

    public PlainDense Dense(int inputs, int outputs) => new(Values(inputs * outputs, 1 / Math.Sqrt(inputs)), Values(outputs, 0.1), inputs, outputs);

    public PlainConvolution Convolution(int inChannels, int outChannels, int height, int width, int stride, PlainPadding padding) => new(
        Values(inChannels * outChannels * height * width, 1 / Math.Sqrt(inChannels * height * width)),
        Values(outChannels, 0.1), inChannels, outChannels, height, width, stride, padding);

    public PlainScaling Scaling(int channels) => new(Values(channels, 2), Values(channels));

    /// <summary>Every kind of layer, with odd sides, uneven padding and a block that does not divide the image.</summary>
    public PlainNetwork EveryKind() => new(new PlainShape(3, 13, 17),
    [
        Scaling(3),
        new PlainSpaceToDepth(2), // 12 × 7 × 9, after filling up
        Convolution(12, 10, 3, 2, 1, new PlainPadding(1, 0, 2, 1)), // 10 × 8 × 9
        MinMax,
        Convolution(10, 6, 4, 3, 2, new PlainPadding(2, 1, 1, 1)), // 6 × 4 × 5
        ReLU,
        new PlainAveragePooling(2), // 6 × 2 × 2, a column dropped
        new PlainFlatten(),
        Dense(24, 14),
        MinMax,
        Dense(14, 5),
    ]);

    /// <summary>Layers between which an image keeps its place, on a square image seen from all sides.</summary>
    public PlainNetwork Turned() => new(
        new PlainShape(3, 9, 9),
        [Scaling(3), Convolution(3, 8, 3, 2, 2, new PlainPadding(1, 0, 2, 1)), MinMax, new PlainFlatten(), Dense(8 * 5 * 5, 14), MinMax, Dense(14, 5)],
        GloroImageViews.MirroredAndTurned);

    /// <summary>A network on vectors, of a few hundred bytes.</summary>
    public PlainNetwork Vector(int inputs = 3, int hidden = 4, int classes = 3) =>
        new(PlainShape.Vector(inputs), [Scaling(inputs), Dense(inputs, hidden), MinMax, Dense(hidden, classes)]);
}
