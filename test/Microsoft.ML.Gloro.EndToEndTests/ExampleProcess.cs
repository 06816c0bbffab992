using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>A built example as a process of its own.</summary>
internal static class ExampleProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static readonly string s_configuration =
        typeof(ExampleProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "ExamplesConfiguration").Value!;

    /// <summary>The built program of an example.</summary>
    /// <param name="name">Its folder under examples.</param>
    public static string PathOf(string name) =>
        Path.Combine(Repository.Root, "examples", name, "bin", s_configuration, "net8.0", $"{name}.dll");

    /// <summary>Runs an example to its end.</summary>
    /// <param name="name">Its folder under examples.</param>
    /// <param name="folder">The folder that it runs in.</param>
    /// <param name="arguments">Its command line.</param>
    public static Task<(int Code, string Output, string Error)> RunAsync(string name, string folder, params string[] arguments) =>
        StartAsync(name, folder, [PathOf(name), .. arguments]);

    /// <summary>Runs an example to its end as its readme does: dotnet run.</summary>
    public static Task<(int Code, string Output, string Error)> DotnetRunAsync(string name, string folder, params string[] arguments) =>
        StartAsync(name, folder,
            ["run", "--no-build", "-c", s_configuration, "--project", Path.Combine(Repository.Root, "examples", name), "--", .. arguments]);

    private static async Task<(int Code, string Output, string Error)> StartAsync(string name, string folder, string[] command)
    {
        var start = new ProcessStartInfo("dotnet", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["OMP_NUM_THREADS"] = "1"; // on a busy machine two threads wait for each other longer than they compute
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(s_patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} did not end in {s_patience}. So far: {await output}{await error}");
        }

        return (process.ExitCode, await output, await error);
    }
}
