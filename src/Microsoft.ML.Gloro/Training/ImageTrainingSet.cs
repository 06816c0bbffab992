using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Images kept as bytes, planes of R, G and B: a quarter of the memory of floats, and exactly what the image files held.</summary>
internal sealed class ImageTrainingSet(TensorShape shape, byte[][] images, int[] labels, GloroAugmentationOptions augmentation) : TrainingSet(shape, labels)
{
    // Once the first image is asked for: a set to validate on, or to be split, need not know its mean color.
    private readonly Lazy<ImageAugmentation> _augmentation = new(() => new ImageAugmentation(
        shape, augmentation, ImageAugmentation.NeedsMeanColor(augmentation) ? [.. Means(shape, images).Select(m => (byte)Math.Round(m * 255))] : null));

    /// <inheritdoc/>
    public override void Read(int index, Span<float> destination) => PixelScale.Apply(images[index], destination);

    /// <inheritdoc/>
    public override void ReadAugmented(int index, Span<float> destination, Random random) => _augmentation.Value.Apply(images[index], destination, random);

    /// <inheritdoc/>
    public override float[] ChannelMeans() => Means(Shape, images);

    /// <inheritdoc/>
    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new ImageTrainingSet(Shape, [.. indices.Select(i => images[i])], [.. indices.Select(Label)], augmentation);

    private static float[] Means(TensorShape shape, byte[][] images)
    {
        int plane = shape.Height * shape.Width;
        var sums = new long[shape.Channels];
        foreach (var pixels in images)
        {
            for (int i = 0; i < pixels.Length; i++)
                sums[i / plane] += pixels[i];
        }

        return [.. sums.Select(s => (float)(s / (255.0 * plane * Math.Max(1, images.Length))))];
    }
}
