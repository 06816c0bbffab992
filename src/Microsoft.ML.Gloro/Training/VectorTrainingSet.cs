using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Feature vectors as they came. They are not augmented: no change of a table's row is known to keep its label.</summary>
internal sealed class VectorTrainingSet(TensorShape shape, float[][] rows, int[] labels) : TrainingSet(shape, labels)
{
    /// <inheritdoc/>
    public override void Read(int index, Span<float> destination) => rows[index].CopyTo(destination);

    /// <inheritdoc/>
    public override void ReadAugmented(int index, Span<float> destination, Random random) => Read(index, destination);

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new VectorTrainingSet(Shape, [.. indices.Select(i => rows[i])], [.. indices.Select(Label)]);
}
