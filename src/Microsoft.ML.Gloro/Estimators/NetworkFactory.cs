using Microsoft.ML.Gloro.Networks;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Estimators;

/// <summary>Makes the network that the options describe, fitted to the data's shape and scale.</summary>
internal static class NetworkFactory
{
    public static LipschitzNetwork Create(GloroTrainerOptions options, TrainingSet train, int classes, int seed, torch.Device device)
    {
        // The weights are drawn on the CPU, so that a seed means the same on every device.
        using var generator = new torch.Generator(unchecked((ulong)seed), torch.CPU);
        var factory = new LayerFactory(generator, device);
        float[] means = train.ChannelMeans();
        return options switch
        {
            GloroImageClassificationOptions image => LiResNet.Create(train.Shape, classes, image.Depth, image.Width, image.TailWidth, means, factory),
            GloroMulticlassClassificationOptions vector => Mlp.Create(train.Shape.Channels, classes, vector.Depth, vector.Width, means, CommonScale(train, means), factory),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options, "Unknown options."),
        };
    }

    // One over the root mean square of all centred features: inputs of about unit size, whatever units the features have.
    private static float CommonScale(TrainingSet train, float[] means)
    {
        double sum = 0;
        float[] row = new float[train.Shape.Size];
        for (int i = 0; i < train.Count; i++)
        {
            train.Read(i, row);
            for (int j = 0; j < row.Length; j++)
                sum += ((double)row[j] - means[j]) * ((double)row[j] - means[j]);
        }

        double scale = 1 / Math.Sqrt(sum / ((double)train.Count * row.Length));
        return double.IsFinite(scale) && (float)scale is > 0 and < float.PositiveInfinity ? (float)scale : 1f;
    }
}
