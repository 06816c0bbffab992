using System.Runtime;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>
/// Keeps the garbage collector from working beside a training thread, for as long as this object is not disposed. TorchSharp hands native
/// code the raw handles of temporary scalars (in a + b, the 1 of a + 1·b) that nothing keeps alive until the call is over; a collection in
/// that moment frees them, and the call fails with "Expected false to be true … toFloat". Without background collections the moment can
/// hardly come, since the training thread itself is in the call.
/// </summary>
/// <remarks>
/// The setting is the process's. Trainings side by side each restore what they found; the last to end leaves what the first found at best,
/// and a valid mode in any case.
/// </remarks>
internal sealed class BlockingCollections : IDisposable
{
    private readonly GCLatencyMode _before = GCSettings.LatencyMode;

    public BlockingCollections() => GCSettings.LatencyMode = GCLatencyMode.Batch;

    /// <inheritdoc/>
    public void Dispose() => GCSettings.LatencyMode = _before;
}
