using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// What a trained network, the teacher, says about each training row: softmax(y / T) of its logits (Hinton, Vinyals, Dean: Distilling the
/// Knowledge in a Neural Network, 2015).
/// </summary>
/// <remarks>
/// Each row is scored once, without augmentation. Scoring augmented rows would take a forward pass of the teacher in every step; for a
/// teacher of the network's own size that adds a quarter to the training time.
/// </remarks>
internal sealed class TeacherTargets : IDisposable
{
    private const int BatchSize = 256;

    private readonly Tensor _targets; // [rows, classes], on the CPU
    private readonly Device _device;

    /// <summary>Scores all rows.</summary>
    /// <param name="teacher">The teacher, with the classes of the rows' labels. It may be disposed afterwards.</param>
    /// <param name="rows">The training rows.</param>
    /// <param name="temperature">T.</param>
    /// <param name="device">Where the teacher is, and where batches are needed.</param>
    /// <param name="computeType">The type of the teacher's arithmetic.</param>
    /// <param name="cancellationToken">Checked before each batch.</param>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public TeacherTargets(
        LipschitzNetwork teacher, TrainingSet rows, double temperature, Device device, ScalarType computeType,
        CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _device = device;
        var source = new BatchSource(rows, BatchSize, device);
        var targets = empty(rows.Count, teacher.Final.OutputShape.Size);
        for (int start = 0; start < rows.Count; start += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batch = NewDisposeScope();
            int count = Math.Min(BatchSize, rows.Count - start);
            var logits = teacher.Forward(source.Read(start, count), training: false, computeType);
            targets.narrow(0, start, count).copy_(nn.functional.softmax(logits / temperature, 1));
        }

        _targets = targets.DetachFromDisposeScope();
    }

    /// <summary>The targets of a batch, [rows, classes].</summary>
    public Tensor Of(int[] rows)
    {
        using var scope = NewDisposeScope();
        return _targets.index_select(0, tensor(Array.ConvertAll(rows, row => (long)row))).to(_device).MoveToOuterDisposeScope();
    }

    public void Dispose() => _targets.Dispose();
}
