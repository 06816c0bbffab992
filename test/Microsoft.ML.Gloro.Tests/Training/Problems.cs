using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Small data to learn, and settings that learn it.</summary>
internal static class Problems
{
    public static readonly TensorShape ImageShape = new(3, 16, 16);

    /// <summary>16×16 images of three classes: a red, a green or a blue square somewhere on gray noise.</summary>
    public static ImageTrainingSet Blobs(int count, int seed, GloroAugmentationOptions? augmentation = null)
    {
        var random = new Random(seed);
        byte[][] images = new byte[count][];
        int[] labels = new int[count];
        for (int n = 0; n < count; n++)
        {
            labels[n] = n % 3;
            images[n] = new byte[ImageShape.Size];
            for (int i = 0; i < images[n].Length; i++)
                images[n][i] = (byte)(96 + random.Next(64));
            int top = random.Next(8), left = random.Next(8);
            for (int i = 0; i < 64; i++)
                images[n][(labels[n] * 256) + ((top + (i / 8)) * 16) + left + (i % 8)] = 250;
        }

        return new ImageTrainingSet(ImageShape, images, labels, augmentation ?? GloroAugmentationOptions.None);
    }

    /// <summary>All that can be done to one image, and mixup.</summary>
    public static GloroAugmentationOptions EveryAugmentation() => new()
    {
        FlipVertically = true,
        Rotate = true,
        MaximumShift = 3,
        Border = GloroAugmentationBorder.Mean,
        Affine = new() { Rotation = 20, Scale = 0.2, Shear = 10 },
        RandAugment = new() { Operations = 2, Magnitude = 15 },
        ColorJitter = new() { Brightness = 0.3, Contrast = 0.3, Saturation = 0.3 },
        CutoutSide = 5,
        MixupAlpha = 0.4,
    };

    /// <summary>Vectors around <paramref name="classes"/> centers on the axes, 4 apart from the origin, with unit noise.</summary>
    public static VectorTrainingSet Clusters(int count, int classes, int seed)
    {
        var random = new Random(seed);
        int[] labels = [.. Enumerable.Range(0, count).Select(n => n % classes)];
        float[][] rows =
        [
            .. labels.Select(label => Enumerable.Range(0, 6).Select(i => (float)((i == label ? 4 : 0) + Rows.Normal(random))).ToArray()),
        ];
        return new VectorTrainingSet(TensorShape.Vector(6), rows, labels);
    }

    public static LipschitzNetwork ImageNetwork(int seed) =>
        LiResNetLayers.Create(ImageShape, 3, 1, 8, 16, [0.5f, 0.5f, 0.5f], Nets.Factory(seed));

    public static LipschitzNetwork VectorNetwork(int seed, int classes = 4) =>
        Mlp.Create(6, classes, 1, 16, new float[6], 1, Nets.Factory(seed));

    public static TrainingContext Settings(int classes, int epochs = 3, RobustnessGuarantee? guarantee = null) => new(
        new GloroImageClassificationOptions
        {
            Epochs = epochs,
            BatchSize = 32,
            LearningRate = 0.01,
            InitialEpsilonFactor = 0.1,
            WarmUpFraction = 0.1,
            PowerIterationSteps = 3,
            Augmentation = GloroAugmentationOptions.None,
        },
        Rows.Bind(guarantee ?? RobustnessGuarantee.Local, classes),
        torch.CPU,
        Seed: 7);

    /// <summary>The same training with other options.</summary>
    public static TrainingContext With(this TrainingContext context, Action<GloroImageClassificationOptions> change)
    {
        var options = (GloroImageClassificationOptions)context.Options.Copy();
        change(options);
        return context with { Options = options };
    }
}
