using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Rows that tell how many of them have been read.</summary>
internal sealed class WatchedSet(TrainingSet rows, Action<int> onRead) : TrainingSet(
    rows.Shape, [.. Enumerable.Range(0, rows.Count).Select(rows.Label)])
{
    private int _reads;

    public override void Read(int index, Span<float> destination)
    {
        onRead(Interlocked.Increment(ref _reads));
        rows.Read(index, destination);
    }

    public override void ReadAugmented(int index, Span<float> destination, Random random)
    {
        onRead(Interlocked.Increment(ref _reads));
        rows.ReadAugmented(index, destination, random);
    }

    public override float[] ChannelMeans() => rows.ChannelMeans();

    public override TrainingSet Subset(IReadOnlyList<int> indices) => rows.Subset(indices);
}
