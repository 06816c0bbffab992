using System.Text.RegularExpressions;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The package and what it asks of an application.</summary>
[TestClass]
public sealed partial class WithoutPackagesTests
{
    [TestMethod]
    public async Task GetTypes_NoTorchSharpAndNoOnnxRuntime_Succeeds()
    {
        // ML.NET calls it when it loads a model: a type that needs TorchSharp to be loaded would keep scoring from running without it.
        using var process = TypesProcess.Start();
        var error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await error);
        Assert.AreEqual($"{typeof(GloroTransformer).Assembly.GetTypes().Length} types", output.Trim());
    }

    [TestMethod]
    public void PackageReadme_Links_AreAbsolute()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "build", "PackageReadme.md"));
        var links = Link().Matches(text).Select(m => m.Groups[1].Value);
        Assert.IsEmpty(links.Where(link => !link.StartsWith("https://", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"\]\(([^)]*)\)")]
    private static partial Regex Link();
}
