using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Cuts a training set into shuffled batches and gathers them as tensors.</summary>
internal sealed class BatchSource(TrainingSet set, int batchSize, Device device)
{
    /// <summary>Batches an epoch. A last part of less than half a batch is left out: its statistics would be noise.</summary>
    public int PerEpoch => Math.Max(1, (set.Count + (batchSize / 2)) / batchSize);

    /// <summary>The rows of each batch with their labels, in an order drawn from <paramref name="random"/>.</summary>
    public IEnumerable<(int[] Rows, Tensor Labels)> Shuffled(Random random)
    {
        int[] order = [.. Enumerable.Range(0, set.Count)];
        random.Shuffle(order);
        for (int b = 0; b < PerEpoch; b++)
        {
            int start = b * batchSize;
            int[] rows = order[start..Math.Min(start + batchSize, order.Length)];
            using var labels = tensor(Array.ConvertAll(rows, r => (long)set.Label(r)), device: device);
            yield return (rows, labels);
        }
    }

    /// <summary>The augmented inputs of <paramref name="rows"/>.</summary>
    public Tensor Gather(int[] rows, Random random)
    {
        int size = set.Shape.Size;
        var values = new float[rows.Length * size];

        // One seed a row, drawn in order, so that rows can be filled in parallel and still come out the same on any number of threads.
        int[] seeds = Array.ConvertAll(rows, _ => random.Next());
        Parallel.For(0, rows.Length, i => set.ReadAugmented(rows[i], values.AsSpan(i * size, size), new Random(seeds[i])));
        return ToTensor(values, rows.Length, set, device);
    }

    /// <summary>Rows as they are, in order: for validation.</summary>
    public Tensor Read(int start, int count)
    {
        int size = set.Shape.Size;
        var values = new float[count * size];
        for (int i = 0; i < count; i++)
            set.Read(start + i, values.AsSpan(i * size, size));
        return ToTensor(values, count, set, device);
    }

    private static Tensor ToTensor(float[] values, int count, TrainingSet set, Device device)
    {
        var (channels, height, width) = set.Shape;
        long[] shape = set.Shape.IsVector ? [count, channels] : [count, channels, height, width];
        return tensor(values, shape).to(device);
    }
}
