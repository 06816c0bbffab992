using System.Buffers;
using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Images kept as bytes, planes of R, G and B: a quarter of the memory of floats, and exactly what the image files held.</summary>
internal sealed class ImageTrainingSet(PlainShape shape, byte[][] images, int[] labels, GloroAugmentationOptions augmentation) : TrainingSet(shape, labels)
{
    private readonly ImageAugmentation _augmentation = new(shape, augmentation);

    /// <inheritdoc/>
    public override void Read(int index, Span<float> destination) => PixelScale.Apply(images[index], destination);

    /// <inheritdoc/>
    public override void ReadAugmented(int index, Span<float> destination, Random random)
    {
        int plane = Shape.Height * Shape.Width;
        int[] sources = ArrayPool<int>.Shared.Rent(plane);
        _augmentation.Draw(random, sources);
        var pixels = images[index];
        for (int c = 0; c < Shape.Channels; c++)
        {
            var source = pixels.AsSpan(c * plane, plane);
            var target = destination.Slice(c * plane, plane);
            for (int i = 0; i < target.Length; i++)
                target[i] = PixelScale.ToUnit(source[sources[i]]);
        }

        ArrayPool<int>.Shared.Return(sources);
    }

    /// <inheritdoc/>
    public override float[] ChannelMeans()
    {
        int plane = Shape.Height * Shape.Width;
        var sums = new long[Shape.Channels];
        foreach (var pixels in images)
        {
            for (int i = 0; i < pixels.Length; i++)
                sums[i / plane] += pixels[i];
        }

        return [.. sums.Select(s => (float)(s / (255.0 * plane * Math.Max(1, images.Length))))];
    }

    /// <inheritdoc/>
    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new ImageTrainingSet(Shape, [.. indices.Select(i => images[i])], [.. indices.Select(Label)], augmentation);
}
