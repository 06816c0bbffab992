using Microsoft.ML.Gloro.Torch;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>libtorch as tests of small tensors want it.</summary>
internal static class TorchProcess
{
    /// <summary>Loads libtorch. One thread: on a busy machine two threads wait for each other ten times longer than they compute.</summary>
    public static void Prepare()
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
    }

    /// <summary>Tensors of this thread that nobody has disposed.</summary>
    public static long LiveTensors() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>Whether two tensors hold the same values.</summary>
    public static bool Same(torch.Tensor x, torch.Tensor y)
    {
        using var scope = torch.NewDisposeScope();
        return x.eq(y).all().item<bool>();
    }
}
