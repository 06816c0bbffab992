using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>
/// The WebApi example as a process of its own, on a free port of this machine, with the model that lies beside the EuroSAT example.
/// </summary>
internal sealed partial class WebApiServer : IDisposable
{
    private readonly Process _process;

    private WebApiServer(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>The model that it serves.</summary>
    public static string ModelPath { get; } = Path.Combine(Repository.Root, "examples", "EuroSat", "models", "eurosat-best.zip");

    /// <summary>The guarantee that it serves this model with.</summary>
    public static RobustnessGuarantee Guarantee { get; } = RobustnessGuarantee.RelaxedTopK(3);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    public static WebApiServer Start()
    {
        var start = new ProcessStartInfo("dotnet", [ExampleProcess.PathOf("WebApi"), "--urls",
            "http://127.0.0.1:0"])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = new Process { StartInfo = start };
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new System.Text.StringBuilder();
        string Keep(string? line)
        {
            lock (output) // both streams come at once
                return output.AppendLine(line).ToString();
        }

        process.OutputDataReceived += (_, e) =>
        {
            string heard = Keep(e.Data);
            if (e.Data is null)
                address.TrySetException(new InvalidOperationException($"The server stopped: {heard}"));
            else if (Listening().Match(e.Data) is { Success: true } match)
                address.TrySetResult(new Uri(match.Groups[1].Value));
        };
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new WebApiServer(process, address.Task.WaitAsync(TimeSpan.FromMinutes(2)).GetAwaiter().GetResult());
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    [GeneratedRegex(@"Now listening on: (http://\S+)")]
    private static partial Regex Listening();
}
