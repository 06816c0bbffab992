using System.Diagnostics;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>What augmentation costs an image, on one thread. Options take turns, so that a busy machine slows all of them.</summary>
internal static class AugmentationBench
{
    private const int Images = 256, Rounds = 40;

    public static void Run()
    {
        (string Name, GloroAugmentationOptions Options)[] kinds =
        [
            ("none", GloroAugmentationOptions.None),
            ("default", new()),
            ("aerial", GloroAugmentationOptions.Aerial),
            ("photographs", GloroAugmentationOptions.Photographs),
            ("color and affine", new() { ColorJitter = Color(), Affine = Affine() }),
            ("RandAugment(2, 9)", new() { RandAugment = new() }),
            ("everything", new() { ColorJitter = Color(), Affine = Affine(), RandAugment = new(), CutoutSide = 8,
                Border = GloroAugmentationBorder.Mean }),
        ];
        int[] sides = [32, 64];
        var times = new Dictionary<(int, string), List<double>>();
        var sets = (from side in sides from kind in kinds select (Key: (side, kind.Name), Set: RandomImages(side, kind.Options))).ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            foreach (var (key, set) in sets)
            {
                if (!times.TryGetValue(key, out var list))
                    times[key] = list = [];
                list.Add(Microseconds(set, round));
            }
        }

        Console.WriteLine($"{"µs an image",-18} {string.Join(' ', sides.Select(s => $"{$"{s}×{s}×3",9}"))}   (medians of {Rounds} "
            + $"rounds of {Images} images, one thread)");
        foreach (var (name, _) in kinds)
            Console.WriteLine(FormattableString.Invariant(
                $"{name,-18} {string.Join(' ', sides.Select(s => FormattableString.Invariant($"{Median(times[(s, name)]),9:F1}")))}"));
    }

    private static GloroColorJitterOptions Color() => new() { Brightness = 0.2, Contrast = 0.2, Saturation = 0.2 };

    private static GloroAffineOptions Affine() => new() { Rotation = 10, Scale = 0.1, Shear = 5 };

    private static ImageTrainingSet RandomImages(int side, GloroAugmentationOptions options)
    {
        var shape = new TensorShape(3, side, side);
        var random = new Random(1);
        byte[][] images = [.. Enumerable.Range(0, Images).Select(_ => new byte[shape.Size])];
        foreach (byte[] image in images)
            random.NextBytes(image);
        return new ImageTrainingSet(shape, images, new int[Images], options);
    }

    private static double Microseconds(ImageTrainingSet set, int round)
    {
        float[] pixels = new float[set.Shape.Size];
        set.ReadAugmented(0, pixels, new Random(0));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Images; i++)
            set.ReadAugmented(i, pixels, new Random((round * Images) + i));
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Images;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
