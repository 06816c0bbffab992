using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>
/// Loads TorchSharp and its native half, libtorch. The application brings both; if one is missing, the message names the package to add.
/// </summary>
/// <remarks>
/// Left alone, TorchSharp searches the NuGet cache when it finds no libtorch beside the application, copies half a gigabyte into the
/// application's folder and reports the whole search. So the library is tried first, in the way TorchSharp itself begins. Thread-safe.
/// </remarks>
internal static class TorchRuntime
{
    private const string ManagedLibraryName = "TorchSharp", NativeLibraryName = "LibTorchSharp";

    private const string NoNativeLibrary =
        "TorchSharp has no native library for this platform; train on Linux x64, Windows x64 or arm64, or macOS arm64.";

    private static readonly object s_lock = new();
    private static volatile bool s_loaded;

    /// <summary>Returns once TorchSharp can be used. Cheap after the first time.</summary>
    /// <exception cref="DllNotFoundException">
    /// TorchSharp or libtorch is missing, too old, or does not load. The message names the package to add and quotes the loader.
    /// </exception>
    public static void EnsureLoaded()
    {
        if (s_loaded)
            return;
        lock (s_lock)
        {
            if (s_loaded)
                return;
            string torchSharp = ManagedVersion();
            string builtWith = BuiltWith("TorchSharpVersion"), builtWithLibTorch = BuiltWith("LibTorchVersion");
            var (system, architecture) = (OperatingSystemName(), RuntimeInformation.ProcessArchitecture);
            if (IsOlder(torchSharp, builtWith))
                throw new DllNotFoundException(DescribeManaged(system, architecture, torchSharp, builtWith, builtWithLibTorch));
            try
            {
                Load();
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException
            or NotSupportedException or EntryPointNotFoundException)
            {
                throw new DllNotFoundException(
                    Describe(system, architecture, Innermost(e).Message, torchSharp, builtWith, builtWithLibTorch), e);
            }

            s_loaded = true;
        }
    }

    /// <summary>The message for a missing or too old TorchSharp.</summary>
    /// <param name="system">The operating system.</param>
    /// <param name="architecture">The processor's architecture.</param>
    /// <param name="torchSharp">The application's TorchSharp; "" for none.</param>
    /// <param name="builtWithTorchSharp">The TorchSharp that the library was built with, the lowest that works.</param>
    /// <param name="builtWithLibTorch">The libtorch that belongs to it.</param>
    internal static string DescribeManaged(
        string system, Architecture architecture, string torchSharp, string builtWithTorchSharp, string builtWithLibTorch)
    {
        var (cpu, cuda) = Packages(system, architecture);
        string need = torchSharp.Length == 0
            ? "Training needs TorchSharp, and this application does not have it."
            : $"Training needs TorchSharp {builtWithTorchSharp} or later, and this application has {torchSharp}.";
        string remedy = cpu == null
            ? NoNativeLibrary
            : $"Add to the application's project TorchSharp {builtWithTorchSharp} and {cpu} {builtWithLibTorch} for the CPU (or " +
              $"TorchSharp-cpu {builtWithTorchSharp}, which holds every platform's)" +
              $"{(cuda == null ? "" : $", or {cuda} {builtWithTorchSharp} for an NVIDIA GPU")}.";
        return $"{need} {remedy} Scoring with a trained model needs none of this.";
    }

    /// <summary>Whether a version is missing ("") or lower than another.</summary>
    internal static bool IsOlder(string version, string than) =>
        version.Length == 0 || (Parse(version) is { } given && Parse(than) is { } lowest && given < lowest);

    /// <summary>The message for a missing libtorch, from what is known of the system and what the loader said.</summary>
    internal static string Describe(
        string system, Architecture architecture, string loaderMessage, string torchSharp, string builtWithTorchSharp,
        string builtWithLibTorch)
    {
        var (cpu, cuda) = Packages(system, architecture);
        string said = Relevant(loaderMessage);
        string version = torchSharp == builtWithTorchSharp ? " " + builtWithLibTorch : "";
        string fault = said.Contains("GLIBCXX", StringComparison.Ordinal)
            ? "It asks for a newer C++ library than this system has. Microsoft.ML.Gloro's build targets remove a need of this kind; make " +
              "sure that they reach the application's project (no ExcludeAssets=\"buildTransitive\", no GloroRelaxTorchSharp=false) and " +
              "rebuild it."
            : cpu == null
                ? NoNativeLibrary
                : $"Add one package to the application's project: {cpu}{version} for the CPU (or TorchSharp-cpu {torchSharp}, " +
                  "which holds every platform's)" +
                  (cuda == null ? "." : $", or {cuda} {torchSharp} for an NVIDIA GPU.");
        return $"Training needs libtorch, the native half of TorchSharp {torchSharp}, and it could not be loaded on {system} " +
            $"{architecture}. {fault} Scoring with a trained model needs none of this. The loader said: {said}";
    }

    private static (string? Cpu, string? Cuda) Packages(string system, Architecture architecture) => (system, architecture) switch
    {
        ("Linux", Architecture.X64) => ("libtorch-cpu-linux-x64", "TorchSharp-cuda-linux"),
        ("Windows", Architecture.X64) => ("libtorch-cpu-win-x64", "TorchSharp-cuda-windows"),
        ("Windows", Architecture.Arm64) => ("libtorch-cpu-win-arm64", null),
        ("macOS", Architecture.Arm64) => ("libtorch-cpu-osx-arm64", null),
        _ => (null, null),
    };

    // Its own method: the runtime loads TorchSharp when it compiles it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Load()
    {
        var managed = typeof(torch).Assembly;

        // TorchSharp's own first step. libtorch before the library that depends on it: on Windows a dependency is found only if it is
        // loaded already.
        NativeLibrary.TryLoad("torch_cpu", managed, DllImportSearchPath.AssemblyDirectory, out _);
        if (!NativeLibrary.TryLoad(NativeLibraryName, managed, DllImportSearchPath.AssemblyDirectory, out _)
            && IsBesideApplication(managed))
            NativeLibrary.Load(NativeLibraryName, managed, DllImportSearchPath.AssemblyDirectory); // Once more, for the loader's words.

        // In a notebook TorchSharp lies in the NuGet cache and knows how to find libtorch there.
        torch.InitializeDeviceType(DeviceType.CPU);
    }

    [UnconditionalSuppressMessage(
        "SingleFile", "IL3000", Justification = "The empty location of an assembly in a single-file application is an answer.")]
    private static bool IsBesideApplication(Assembly assembly)
    {
        string folder = Path.GetDirectoryName(assembly.Location) ?? "";
        return folder.Length == 0 // Inside a single-file application.
            || Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))
                == Path.TrimEndingDirectorySeparator(Path.GetFullPath(AppContext.BaseDirectory));
    }

    /// <summary>.NET reports every path that was tried; where one file was found and refused, only that matters.</summary>
    private static string Relevant(string loaderMessage)
    {
        var lines = loaderMessage.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        var refused = lines
            .Where(line => line.Contains(".so", StringComparison.Ordinal) || line.Contains(".dylib", StringComparison.Ordinal))
            .Where(line => !(line.Contains(NativeLibraryName, StringComparison.Ordinal)
                && line.Contains("no such file", StringComparison.OrdinalIgnoreCase))).ToList();
        return refused.Count > 0 ? string.Join(' ', refused) : lines.Count > 0 ? lines[0].Split(". In order to help")[0] : "nothing";
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static string OperatingSystemName() =>
        OperatingSystem.IsWindows() ? "Windows"
        : OperatingSystem.IsMacOS() ? "macOS"
        : OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription;

    // By its simple name, so that an older one than the library was built with is found too.
    private static string ManagedVersion()
    {
        try
        {
            var managed = Assembly.Load(ManagedLibraryName);
            string version = managed.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
                ?? BuiltWith("TorchSharpVersion");
            return version.Split('+')[0]; // Without the commit.
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    private static Version? Parse(string version) => Version.TryParse(version.Split('-')[0], out var parsed) ? parsed : null;

    private static string BuiltWith(string key) =>
        typeof(TorchRuntime).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == key)?.Value ?? "";
}
