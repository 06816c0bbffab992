using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A batch: rows of the training set, and their labels and weights as tensors; null if all weights are equal.</summary>
/// <remarks>Not a tuple: an iterator of tuples of tensors could not be loaded without TorchSharp.</remarks>
internal sealed record ShuffledBatch(int[] Rows, Tensor Labels, Tensor? Weights);

/// <summary>Cuts a training set into shuffled batches and gathers them as tensors.</summary>
internal sealed class BatchSource(TrainingSet set, int batchSize, Device device)
{
    /// <summary>Batches per epoch. A remainder of less than half a batch is left out, because its statistics would be noise.</summary>
    public int PerEpoch => Math.Max(1, (set.Count + (batchSize / 2)) / batchSize);

    /// <summary>
    /// The rows of each batch with their labels and relative weights, in an order drawn from <paramref name="random"/>.
    /// </summary>
    public IEnumerable<ShuffledBatch> Shuffled(Random random)
    {
        int[] order = [.. Enumerable.Range(0, set.Count)];
        random.Shuffle(order);
        float[]? relative = set.RelativeWeights();
        for (int b = 0; b < PerEpoch; b++)
        {
            int start = b * batchSize;
            int[] rows = order[start..Math.Min(start + batchSize, order.Length)];
            using var labels = tensor(Array.ConvertAll(rows, r => (long)set.Label(r)), device: device);
            using var weights = relative is null ? null : tensor(Array.ConvertAll(rows, r => relative[r]), device: device);
            yield return new ShuffledBatch(rows, labels, weights);
        }
    }

    /// <summary>The augmented inputs of <paramref name="rows"/>.</summary>
    public Tensor Gather(int[] rows, Random random)
    {
        // One seed per row, drawn in order: rows are filled in parallel and are the same for any number of threads.
        int[] seeds = Array.ConvertAll(rows, _ => random.Next());
        var batch = Empty(rows.Length);
        Parallel.For(0, rows.Length, i => set.ReadAugmented(rows[i], Row(batch, i), new Random(seeds[i])));
        return batch.to(device);
    }

    /// <summary>Consecutive rows without augmentation, for validation.</summary>
    public Tensor Read(int start, int count)
    {
        var batch = Empty(count);
        for (int i = 0; i < count; i++)
            set.Read(start + i, Row(batch, i));
        return batch.to(device);
    }

    // Rows are written into libtorch's own memory: a managed array per batch would cause a full garbage collection every few batches.
    private Span<float> Row(Tensor batch, int index) =>
        MemoryMarshal.Cast<byte, float>(batch.bytes).Slice(index * set.Shape.Size, set.Shape.Size);

    private Tensor Empty(int count)
    {
        var (channels, height, width) = set.Shape;
        return set.Shape.IsVector ? empty(count, channels) : empty(count, channels, height, width);
    }
}
