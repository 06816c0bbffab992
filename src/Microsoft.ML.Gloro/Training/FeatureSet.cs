using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The rows of another set as the last layer sees them: computed once, with a number of augmented copies to train on. A training of the
/// last layer then costs next to nothing.
/// </summary>
/// <param name="rows">The other set.</param>
/// <param name="features">What the layers before the last compute of each row.</param>
/// <param name="copies">The same of augmented copies of all rows, one array per copy; empty for none.</param>
internal sealed class FeatureSet(TrainingSet rows, float[][] features, float[][][] copies) : TrainingSet(
    TensorShape.Vector(features[0].Length), [.. Enumerable.Range(0, rows.Count).Select(rows.Label)], Copy(rows.Weights))
{
    private const int BatchSize = 64;

    // Twice as many copies of 200 and 500 images gained less than noise. On many images each copy takes as long as scoring them all.
    private const int MostCopies = 16, LeastCopies = 2, MostFeatures = 10_000;

    /// <summary>How many augmented copies of each of <paramref name="rows"/> rows are worth their time.</summary>
    public static int CopiesFor(int rows) => Math.Clamp(MostFeatures / Math.Max(1, rows), LeastCopies, MostCopies);

    /// <summary>Computes the features.</summary>
    /// <param name="rows">The rows; at least one.</param>
    /// <param name="network">The network whose body computes them.</param>
    /// <param name="copies">The number of augmented copies; 0 for none.</param>
    /// <param name="context">The training, with the seed of the augmentation, the device, and whether copies may be less exact.</param>
    /// <param name="computed">Called after each batch, with the number of rows computed so far, copies included.</param>
    /// <param name="stop">Checked before each batch.</param>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static FeatureSet Compute(
        TrainingSet rows, LipschitzNetwork network, int copies, TrainingContext context, Action<int> computed, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var source = new BatchSource(rows, BatchSize, context.Device);
        var random = new Random(context.Seed);

        int done = 0;
        return new FeatureSet(
            rows,
            Pass((start, count) => source.Read(start, count), isExact: true),
            [.. Enumerable.Range(0, copies).Select(_ =>
                Pass((start, count) => source.Gather([.. Enumerable.Range(start, count)], random), isExact: false))]);

        float[][] Pass(Func<int, int, Tensor> read, bool isExact)
        {
            // Copies are random anyway. The rows themselves are what validation measures, and are scored in double later.
            var type = isExact ? ScalarType.Float32 : context.ComputeType;
            float[][] outputs = new float[rows.Count][];
            for (int start = 0; start < rows.Count; start += BatchSize)
            {
                stop.ThrowIfCancellationRequested();
                using var inner = NewDisposeScope();
                int count = Math.Min(BatchSize, rows.Count - start);
                var batch = network.Features(read(start, count), training: false, type).cpu();
                int size = (int)batch.shape[1];
                var values = MemoryMarshal.Cast<byte, float>(batch.contiguous().bytes);
                for (int i = 0; i < count; i++)
                    outputs[start + i] = values.Slice(i * size, size).ToArray();
                computed(done += count);
            }

            return outputs;
        }
    }

    public override void Read(int index, Span<float> destination) => features[index].CopyTo(destination);

    /// <summary>One of the augmented copies; the row itself if there are none.</summary>
    public override void ReadAugmented(int index, Span<float> destination, Random random) =>
        (copies.Length == 0 ? features : copies[random.Next(copies.Length)])[index].CopyTo(destination);

    public override float[] ChannelMeans() => throw new NotSupportedException("The layers before the last have centered them.");

    public override TrainingSet Subset(IReadOnlyList<int> indices) =>
        new FeatureSet(
            rows.Subset(indices), [.. indices.Select(i => features[i])],
            [.. copies.Select(copy => indices.Select(i => copy[i]).ToArray())]);

    private static float[]? Copy(ReadOnlySpan<float> weights) => weights.IsEmpty ? null : weights.ToArray();
}
