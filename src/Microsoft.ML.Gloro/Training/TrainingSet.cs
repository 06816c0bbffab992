using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The rows a network is trained or validated on, held in memory after one pass over the data.</summary>
/// <remarks>Immutable; safe for concurrent reads.</remarks>
internal abstract class TrainingSet(TensorShape shape, int[] labels)
{
    public TensorShape Shape { get; } = shape;

    public int Count => labels.Length;

    /// <summary>The class of row <paramref name="index"/>, from 0.</summary>
    public int Label(int index) => labels[index];

    /// <summary>Writes row <paramref name="index"/> as the network's input.</summary>
    public abstract void Read(int index, Span<float> destination);

    /// <summary>Writes a randomly changed copy of row <paramref name="index"/> that a person would give the same label.</summary>
    public abstract void ReadAugmented(int index, Span<float> destination, Random random);

    /// <summary>The mean of every channel over all rows.</summary>
    public abstract float[] ChannelMeans();

    /// <summary>The same kind of set with only the rows at <paramref name="indices"/>.</summary>
    public abstract TrainingSet Subset(IReadOnlyList<int> indices);
}
