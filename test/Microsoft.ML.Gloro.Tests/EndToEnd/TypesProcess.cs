using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>Lists the library's types in a process where neither TorchSharp nor ONNX Runtime can be loaded.</summary>
internal static class TypesProcess
{
    public const string Word = "types";

    /// <summary>Writes how many types there are, and each assembly that was missed.</summary>
    public static int Run()
    {
        var context = new WithoutPackages();
        int count = context.LoadFromAssemblyPath(typeof(GloroTransformer).Assembly.Location).GetTypes().Length;
        Console.WriteLine($"{count} types");
        return 0;
    }

    /// <summary>Starts this in a process of its own.</summary>
    public static Process Start() => Process.Start(new ProcessStartInfo("dotnet", [typeof(TypesProcess).Assembly.Location, Word])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private sealed class WithoutPackages : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name is "TorchSharp" or "Microsoft.ML.OnnxRuntime"
            ? throw new FileNotFoundException($"{assemblyName.Name} is not in this application.", assemblyName.Name)
            : null;
    }
}
