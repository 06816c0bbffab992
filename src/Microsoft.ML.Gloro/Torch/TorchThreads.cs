using TorchSharp;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>Sets the number of threads that libtorch computes with, until this object is disposed.</summary>
/// <remarks>Dispose it on the thread that made it: OpenMP keeps the number per thread.</remarks>
internal sealed class TorchThreads : IDisposable
{
    private readonly int _before = torch.get_num_threads();

    /// <param name="count">The number of threads; null to leave it as it is.</param>
    public TorchThreads(int? count)
    {
        if (count is { } threads)
            torch.set_num_threads(threads);
    }

    public void Dispose()
    {
        if (torch.get_num_threads() != _before)
            torch.set_num_threads(_before);
    }
}
