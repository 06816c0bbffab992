using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>Chooses where to train, as MLContext.GpuDeviceId and FallbackToCpu ask, and says so.</summary>
internal static class TrainingDevice
{
    /// <summary>The device to train on.</summary>
    /// <exception cref="InvalidOperationException">A GPU is asked for, there is none, and FallbackToCpu is false.</exception>
    public static torch.Device Choose(MLContext mlContext, IChannel channel)
    {
        if (mlContext.GpuDeviceId is not { } id)
            return Report(torch.CPU, "the CPU, as MLContext.GpuDeviceId is not set");
        if (torch.cuda.is_available() && id >= 0 && id < torch.cuda.device_count())
            return Report(new torch.Device(DeviceType.CUDA, id), $"GPU {id}");

        int seen = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        string fault = $"MLContext.GpuDeviceId is {id}, and libtorch sees {seen} CUDA devices";
        if (!mlContext.FallbackToCpu)
        {
            throw new InvalidOperationException(
                $"{fault}. Add the package TorchSharp-cuda-windows or TorchSharp-cuda-linux and check the driver, or set " +
                "MLContext.FallbackToCpu to train on the CPU.");
        }

        channel.Warning(MessageSensitivity.None, $"{fault}; falling back to the CPU.");
        return Report(torch.CPU, "the CPU");

        torch.Device Report(torch.Device device, string name)
        {
            channel.Info(MessageSensitivity.None, "Training on {0}, {1} threads.", name, torch.get_num_threads());
            return device;
        }
    }

    /// <summary>Whether bfloat16 is faster than float32 there: an emulated one is much slower.</summary>
    public static bool HasFastBFloat16(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
            return true;
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
            return false;

        // Leaf 7, sub-leaf 1: bit 5 of EAX is AVX512_BF16.
        return Avx512F.IsSupported && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
    }
}
