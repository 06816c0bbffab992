using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>
/// Loads TorchSharp's native half, which the application brings (the library references the managed half only), and says what is missing when it cannot.
/// </summary>
/// <remarks>
/// Left alone, TorchSharp searches the NuGet cache when it finds no libtorch beside the application, copies half a gigabyte into the application's
/// folder and reports the whole search. So the library is tried first, in the way TorchSharp itself begins. Thread-safe.
/// </remarks>
internal static class TorchRuntime
{
    private const string NativeLibraryName = "LibTorchSharp";

    private static readonly object s_lock = new();
    private static volatile bool s_loaded;

    /// <summary>Returns once TorchSharp can be used. Cheap after the first time.</summary>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load; the message names the package to add and what the loader said.</exception>
    public static void EnsureLoaded()
    {
        if (s_loaded)
            return;
        lock (s_lock)
        {
            if (s_loaded)
                return;
            try
            {
                Load();
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException or NotSupportedException or EntryPointNotFoundException)
            {
                throw new DllNotFoundException(
                    Describe(OperatingSystemName(), RuntimeInformation.ProcessArchitecture, Innermost(e).Message, TorchSharpVersion(), BuiltWith("TorchSharpVersion"), BuiltWith("LibTorchVersion")), e);
            }

            s_loaded = true;
        }
    }

    /// <summary>The whole message, from what is known of the system and what the loader said.</summary>
    internal static string Describe(string system, Architecture architecture, string loaderMessage, string torchSharp, string builtWithTorchSharp, string builtWithLibTorch)
    {
        var (cpu, cuda) = (system, architecture) switch
        {
            ("Linux", Architecture.X64) => ("libtorch-cpu-linux-x64", "TorchSharp-cuda-linux"),
            ("Windows", Architecture.X64) => ("libtorch-cpu-win-x64", "TorchSharp-cuda-windows"),
            ("macOS", Architecture.Arm64) => ("libtorch-cpu-osx-arm64", null),
            _ => (null, (string?)null),
        };

        string said = Relevant(loaderMessage);
        string fault = said.Contains("GLIBCXX", StringComparison.Ordinal)
            ? "It asks for a newer C++ library than this system has. Microsoft.ML.Gloro's build targets remove a need of this kind; make sure that they reach " +
              "the application's project (no ExcludeAssets=\"buildTransitive\", no GloroRelaxTorchSharp=false) and rebuild it."
            : cpu == null
                ? "TorchSharp has no native library for this platform; train on Linux x64, Windows x64 or macOS arm64."
                : $"Add one package to the application's project: {cpu}{(torchSharp == builtWithTorchSharp ? " " + builtWithLibTorch : "")} for the CPU (or TorchSharp-cpu {torchSharp}, " +
                  $"which holds every platform's){(cuda == null ? "" : $", or {cuda} {torchSharp} for an NVIDIA GPU")}.";
        return $"Training needs libtorch, the native half of TorchSharp {torchSharp}, and it could not be loaded on {system} {architecture}. {fault} " +
            $"Scoring with a trained model needs none of this. The loader said: {said}";
    }

    private static void Load()
    {
        var managed = typeof(torch).Assembly;

        // TorchSharp's own first step. libtorch before the library that depends on it: on Windows a dependency is found only if it is loaded already.
        NativeLibrary.TryLoad("torch_cpu", managed, DllImportSearchPath.AssemblyDirectory, out _);
        if (!NativeLibrary.TryLoad(NativeLibraryName, managed, DllImportSearchPath.AssemblyDirectory, out _) && IsBesideApplication(managed))
            NativeLibrary.Load(NativeLibraryName, managed, DllImportSearchPath.AssemblyDirectory); // Once more, for the loader's words.

        // In a notebook TorchSharp lies in the NuGet cache and knows how to find libtorch there.
        torch.InitializeDeviceType(DeviceType.CPU);
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location of an assembly in a single-file application is an answer.")]
    private static bool IsBesideApplication(Assembly assembly)
    {
        string folder = Path.GetDirectoryName(assembly.Location) ?? "";
        return folder.Length == 0 // Inside a single-file application.
            || Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar) == Path.GetFullPath(AppContext.BaseDirectory).TrimEnd(Path.DirectorySeparatorChar);
    }

    /// <summary>.NET reports every path that was tried; where one file was found and refused, only that matters.</summary>
    private static string Relevant(string loaderMessage)
    {
        var lines = loaderMessage.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        var refused = lines.Where(line => line.Contains(".so", StringComparison.Ordinal) || line.Contains(".dylib", StringComparison.Ordinal))
            .Where(line => !(line.Contains(NativeLibraryName, StringComparison.Ordinal)
                && line.Contains("no such file", StringComparison.OrdinalIgnoreCase))).ToList();
        return refused.Count > 0 ? string.Join(' ', refused) : lines.Count > 0 ? lines[0].Split(". In order to help")[0] : "nothing";
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static string OperatingSystemName() =>
        OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription;

    private static string TorchSharpVersion()
    {
        string version = typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? BuiltWith("TorchSharpVersion");
        return version.Split('+')[0]; // Without the commit.
    }

    private static string BuiltWith(string key) =>
        typeof(TorchRuntime).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == key)?.Value ?? "";
}
