using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>What ONNX Runtime runs a network on: the CPU, or another of the execution providers in its native library.</summary>
/// <param name="Name">The name of the provider, as in ONNX Runtime's list, without "ExecutionProvider".</param>
/// <param name="DeviceId">The GPU, for providers that have several.</param>
internal sealed record ExecutionProvider(string Name, int DeviceId = 0)
{
    private const string Suffix = "ExecutionProvider";

    /// <summary>The processor; no GPU.</summary>
    public static ExecutionProvider Cpu { get; } = new("CPU");

    /// <summary>The provider of that name.</summary>
    /// <param name="name">"CUDA" or "CUDAExecutionProvider"; case does not matter.</param>
    /// <param name="deviceId">The GPU.</param>
    /// <exception cref="ArgumentException">
    /// The native ONNX Runtime of this application does not have it. The message lists those that it has.
    /// </exception>
    /// <exception cref="DllNotFoundException">The native ONNX Runtime is missing. The message names the package to add.</exception>
    public static ExecutionProvider Find(string name, int deviceId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RequireRuntime();
        string wanted = Short(name);
        string[] available = [.. Available().Select(Short)];
        return available.FirstOrDefault(one => one.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } found
            ? new ExecutionProvider(found, deviceId)
            : throw new ArgumentException(
                $"ONNX Runtime has no execution provider '{wanted}' in this application, only {string.Join(", ", available)}. " +
                "Add the package whose native library contains it (for CUDA: Microsoft.ML.OnnxRuntime.Gpu.Linux or " +
                "Microsoft.ML.OnnxRuntime.Gpu.Windows) and no other native package of ONNX Runtime: the files of one replace those of " +
                "the other.", nameof(name));
    }

    /// <summary>Returns if the native ONNX Runtime can be used.</summary>
    /// <exception cref="DllNotFoundException">It is missing, or does not load. The message names the package to add.</exception>
    public static void RequireRuntime()
    {
        try
        {
            Available();
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException
            or BadImageFormatException or FileNotFoundException)
        {
            throw new DllNotFoundException(
                "CertificateArithmetic.Real needs the native ONNX Runtime, and it could not be loaded. Add one package to the " +
                "application's project: Microsoft.ML.OnnxRuntime for the CPU, or Microsoft.ML.OnnxRuntime.Gpu.Linux or " +
                "Microsoft.ML.OnnxRuntime.Gpu.Windows for an NVIDIA GPU. Float64, the default, needs none. " +
                $"The loader said: {e.GetBaseException().Message.Split('\n')[0]}", e);
        }
    }

    /// <summary>Makes sessions with these options run on this provider.</summary>
    /// <exception cref="InvalidOperationException">The provider does not start: a driver or a library is missing.</exception>
    public void AddTo(SessionOptions options)
    {
        if (Name == Cpu.Name)
            return;
        try
        {
            if (Name != "CUDA")
            {
                options.AppendExecutionProvider(Name.ToUpperInvariant());
                return;
            }

            // The proof of rounding needs sums of products in single precision. TF32 keeps 10 bits of each factor, and a search for the
            // fastest convolution may find Winograd's; the default one is a product of matrices.
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = DeviceId.ToString(CultureInfo.InvariantCulture),
                ["use_tf32"] = "0",
                ["cudnn_conv_algo_search"] = "DEFAULT",
            });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidOperationException($"ONNX Runtime cannot score on its execution provider '{Name}': {e.Message}", e);
        }
    }

    // Its own method: the runtime may load ONNX Runtime when it compiles it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string[] Available() => OrtEnv.Instance().GetAvailableProviders();

    private static string Short(string name) =>
        name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? name[..^Suffix.Length] : name;
}
