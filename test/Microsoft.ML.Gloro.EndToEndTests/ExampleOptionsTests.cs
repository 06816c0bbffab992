using System.Diagnostics;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The conventions of docs/examples.md, which hold for the command line of every example.</summary>
[TestClass]
public sealed class ExampleOptionsTests
{
    public static IEnumerable<object[]> Examples =>
        Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => new object[] { Path.GetFileNameWithoutExtension(path) });

    [TestMethod]
    [DynamicData(nameof(Examples))]
    public async Task Example_Help_SaysWhatItDoesAndHow(string name)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ExampleProcess.RunAsync(name, folder.Path, "--help");
        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, $"Example: dotnet run -c Release --project examples/{name}");
        string sentence = output.Split('\n')[1].Trim();
        Assert.IsTrue(sentence.Length > 40 && char.IsUpper(sentence[0]) && sentence[^1] is '.' or '?', sentence);
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path), "Help does nothing.");
    }

    [TestMethod]
    [DynamicData(nameof(Examples))]
    public async Task Example_UnknownOption_IsWrongUsage(string name)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ExampleProcess.RunAsync(name, folder.Path, "--nonsense");
        Assert.AreEqual(2, code, output);
        StringAssert.Contains(error, "--nonsense");
        StringAssert.Contains(error, $"dotnet run -c Release --project examples/{name} -- --help");
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path), "A wrong command does nothing.");
    }

    [TestMethod]
    [DataRow("--epochs", "many", "--epochs")]
    [DataRow("--epsilon", "a/b", "'a/b' is not a number such as 0.14 or 36/255")]
    [DataRow("--guarantee", "superclasses", "--guarantee: ")]
    [DataRow("--discover", "5,over", "5 or 5,overlap")]
    [DataRow("--loss", "Guess", "RelaxedEmma")]
    [DataRow("--per-class", "0", "it is 1 or more, not 0")]
    [DataRow("--test-every", "0", "it is 1 or more, not 0")]
    public async Task EuroSat_ValueThatIsWrong_NamesTheOption(string option, string value, string says)
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await ExampleProcess.RunAsync("EuroSat", folder.Path, "--data", "data", option, value);
        Assert.AreEqual(2, code, error);
        StringAssert.Contains(error, says);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows, IgnoreMessage = "Windows cannot send Ctrl-C to one process.")]
    public async Task Quickstart_CtrlC_StopsTheTrainingCleanly()
    {
        using var folder = new TemporaryFolder();
        // A shell ignores Ctrl-C in what it runs in the background, and that is inherited.
        string[] command = ["dotnet", ExampleProcess.PathOf("Quickstart")];
        var start = new ProcessStartInfo("env", OperatingSystem.IsLinux() ? ["--default-signal=INT", .. command] : command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        string line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        }
        while (!line.StartsWith("Training a network", StringComparison.Ordinal));
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
            await kill.WaitForExitAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        Assert.AreEqual(1, process.ExitCode);
        StringAssert.Contains(await error, "Stopped.");
        Assert.IsFalse(File.Exists(Path.Combine(folder.Path, "artifacts", "quickstart", "model.zip")));
    }
}
