using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The rows a network is trained or validated on, held in memory after one pass over the data.</summary>
/// <remarks>Immutable; safe for concurrent reads.</remarks>
/// <param name="shape">The shape of a row.</param>
/// <param name="labels">The class of each row.</param>
/// <param name="weights">How much each row counts in the loss, finite and above 0; null if all count the same.</param>
internal abstract class TrainingSet(TensorShape shape, int[] labels, float[]? weights = null)
{
    public TensorShape Shape { get; } = shape;

    public int Count => labels.Length;

    /// <summary>The class of row <paramref name="index"/>, from 0.</summary>
    public int Label(int index) => labels[index];

    /// <summary>The weights as they were given; null for none.</summary>
    public ReadOnlySpan<float> Weights => weights;

    /// <summary>
    /// The weights over their mean, so that the mean over these rows is 1, as in ML.NET's L-BFGS trainers, which divide the sum of the
    /// weighted losses by the sum of the weights. Null if all weights are equal.
    /// </summary>
    public float[]? RelativeWeights()
    {
        if (weights is null || !weights.AsSpan().ContainsAnyExcept(weights[0]))
            return null;
        double mean = weights.Average(w => (double)w);
        return Array.ConvertAll(weights, w => (float)(w / mean));
    }

    /// <summary>Writes row <paramref name="index"/> as the network's input.</summary>
    public abstract void Read(int index, Span<float> destination);

    /// <summary>Writes a randomly changed copy of row <paramref name="index"/> that still has its label.</summary>
    public abstract void ReadAugmented(int index, Span<float> destination, Random random);

    /// <summary>The mean of every channel over all rows.</summary>
    public abstract float[] ChannelMeans();

    /// <summary>The same kind of set with only the rows at <paramref name="indices"/>.</summary>
    public abstract TrainingSet Subset(IReadOnlyList<int> indices);

    /// <summary>The weights of the rows at <paramref name="indices"/>.</summary>
    protected float[]? WeightsOf(IReadOnlyList<int> indices) => weights is null ? null : [.. indices.Select(i => weights[i])];
}

/// <summary>Images kept as bytes, planes of R, G and B. This takes a quarter of the memory of floats and loses nothing.</summary>
internal sealed class ImageTrainingSet(
    TensorShape shape, byte[][] images, int[] labels, GloroAugmentationOptions augmentation, float[]? weights = null)
    : TrainingSet(shape, labels, weights)
{
    // Created when the first augmented image is read: a set to validate on, or to split, does not need its mean color.
    private readonly Lazy<ImageAugmentation> _augmentation = new(() => new ImageAugmentation(
        shape, augmentation, ImageAugmentation.NeedsMeanColor(augmentation) ? MeanColor(shape, images) : null));

    public override void Read(int index, Span<float> destination) => PixelScale.Apply(images[index], destination);

    public override void ReadAugmented(int index, Span<float> destination, Random random) =>
        _augmentation.Value.Apply(images[index], destination, random);

    public override float[] ChannelMeans() => Means(Shape, images);

    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new ImageTrainingSet(
            Shape, [.. indices.Select(i => images[i])], [.. indices.Select(Label)], augmentation, WeightsOf(indices));

    private static byte[] MeanColor(TensorShape shape, byte[][] images) => [.. Means(shape, images).Select(m => (byte)Math.Round(m * 255))];

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

/// <summary>Feature vectors as they were read. They are not augmented: no change of a feature vector is known to keep its label.</summary>
internal sealed class VectorTrainingSet(TensorShape shape, float[][] rows, int[] labels, float[]? weights = null)
    : TrainingSet(shape, labels, weights)
{
    public override void Read(int index, Span<float> destination) => rows[index].CopyTo(destination);

    public override void ReadAugmented(int index, Span<float> destination, Random random) => Read(index, destination);

    public override float[] ChannelMeans()
    {
        int plane = Shape.Height * Shape.Width;
        var sums = new double[Shape.Channels];
        foreach (var row in rows)
        {
            for (int i = 0; i < row.Length; i++)
                sums[i / plane] += row[i];
        }

        return [.. sums.Select(s => (float)(s / ((double)plane * Math.Max(1, rows.Length))))];
    }

    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new VectorTrainingSet(Shape, [.. indices.Select(i => rows[i])], [.. indices.Select(Label)], WeightsOf(indices));
}

/// <summary>Holds out rows for validation.</summary>
internal static class TrainingSplit
{
    /// <summary>
    /// Splits off a random part of <paramref name="rows"/> for validation, drawn with <paramref name="seed"/>; null if it is empty.
    /// </summary>
    public static (TrainingSet Train, TrainingSet? Validation) Split(TrainingSet rows, double fraction, int seed)
    {
        int count = (int)(rows.Count * fraction);
        if (count == 0)
            return (rows, null);
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        new Random(seed).Shuffle(order);
        return (rows.Subset([.. order[count..].Order()]), rows.Subset([.. order[..count].Order()]));
    }
}
