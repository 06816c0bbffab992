using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Torch;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>Random images and the network of the default numbers.</summary>
internal sealed record TrainingProblem(int Classes, bool MixedPrecision)
{
    public const int BatchSize = 128;

    private static readonly GloroImageClassificationOptions s_defaults = new();

    public TensorShape Shape { get; private init; } = new(3, 64, 64);

    public (int Width, int TailWidth) Size { get; private init; } =
        (GloroImageClassificationOptions.DefaultWidth, GloroImageClassificationOptions.DefaultTailWidth);

    /// <summary>As many layers and parameters, and so as many calls a step, with hardly any arithmetic in them.</summary>
    public TrainingProblem Shrunk() => this with { Shape = new(3, LiResNetLayers.MinimumSide, LiResNetLayers.MinimumSide), Size = (2, 2) };

    public static bool HasFastBFloat16 => TrainingDevice.HasFastBFloat16(torch.CPU);

    public LipschitzNetwork CreateNetwork()
    {
        using var generator = new torch.Generator(1, torch.CPU);
        return LiResNetLayers.Create(Shape, Classes, GloroImageClassificationOptions.DefaultDepth, Size.Width, Size.TailWidth,
            [0.5f, 0.5f, 0.5f], new LayerFactory(generator, torch.CPU));
    }

    public TrainingContext CreateSettings(GloroLossKind loss, RobustnessGuarantee guarantee) => new(
        new GloroImageClassificationOptions
        {
            Loss = loss,
            Epochs = 1,
            BatchSize = BatchSize,
            LearningRate = 2e-3,
            InitialEpsilonFactor = 0.1,
        },
        ResolvedGuarantee.Bind(guarantee, [.. Enumerable.Range(0, Classes).Select(c => $"{c}")]),
        torch.CPU,
        Seed: 1,
        MixedPrecision);

    public ImageTrainingSet CreateImages(int count)
    {
        var random = new Random(1);
        byte[][] images = new byte[count][];
        for (int n = 0; n < count; n++)
            random.NextBytes(images[n] = new byte[Shape.Size]);
        return new ImageTrainingSet(Shape, images, [.. Enumerable.Range(0, count).Select(n => n % Classes)], s_defaults.Augmentation);
    }
}
