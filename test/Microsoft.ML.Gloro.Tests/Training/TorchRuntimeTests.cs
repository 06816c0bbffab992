using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Torch;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public class TorchRuntimeTests
{
    // What .NET reports on Linux; shortened in the middle.
    private const string NothingThere =
        "Unable to load shared library 'LibTorchSharp' or one of its dependencies. In order to help diagnose loading problems, " +
        "consider using a tool like strace.\n" +
        "/app/LibTorchSharp.so: cannot open shared object file: No such file or directory\n" +
        "/app/libLibTorchSharp.so: cannot open shared object file: No such file or directory\n";

    [TestMethod]
    public void EnsureLoaded_WithLibTorchBesideTheTests_MakesTorchSharpUsable()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();
        using var sum = torch.ones(3).sum();
        Assert.AreEqual(3f, sum.item<float>());
    }

    [TestMethod]
    [DataRow("Linux", Architecture.X64, "libtorch-cpu-linux-x64 2.10.0", "TorchSharp-cuda-linux 0.107.0")]
    [DataRow("Windows", Architecture.X64, "libtorch-cpu-win-x64 2.10.0", "TorchSharp-cuda-windows 0.107.0")]
    [DataRow("Windows", Architecture.Arm64, "libtorch-cpu-win-arm64 2.10.0", "TorchSharp-cpu 0.107.0")]
    [DataRow("macOS", Architecture.Arm64, "libtorch-cpu-osx-arm64 2.10.0", "TorchSharp-cpu 0.107.0")]
    public void Describe_NoLibTorch_NamesThePackagesOfTheSystem(string system, Architecture architecture, string first, string second)
    {
        string message = TorchRuntime.Describe(system, architecture, NothingThere, "0.107.0", "0.107.0", "2.10.0");
        StringAssert.Contains(message, first);
        StringAssert.Contains(message, second);
        StringAssert.Contains(message, $"{system} {architecture}");
        StringAssert.EndsWith(message, "The loader said: Unable to load shared library 'LibTorchSharp' or one of its dependencies");
        Assert.DoesNotContain("\n", message);
    }

    [TestMethod]
    public void DescribeManaged_NoTorchSharp_NamesThePackages()
    {
        Assert.AreEqual(
            "Training needs TorchSharp, and this application does not have it. Add to the application's project TorchSharp 0.107.0 and " +
            "libtorch-cpu-linux-x64 2.10.0 for the CPU (or TorchSharp-cpu 0.107.0, which holds every platform's), or " +
            "TorchSharp-cuda-linux 0.107.0 for an NVIDIA GPU. Scoring with a trained model needs none of this.",
            TorchRuntime.DescribeManaged("Linux", Architecture.X64, "", "0.107.0", "2.10.0"));
    }

    [TestMethod]
    public void DescribeManaged_OlderTorchSharp_NamesBoth()
    {
        StringAssert.StartsWith(
            TorchRuntime.DescribeManaged("Linux", Architecture.X64, "0.102.7", "0.107.0", "2.10.0"),
            "Training needs TorchSharp 0.107.0 or later, and this application has 0.102.7.");
    }

    [TestMethod]
    [DataRow("", "0.107.0", true)]
    [DataRow("0.102.7", "0.107.0", true)]
    [DataRow("0.107.0", "0.107.0", false)]
    [DataRow("0.108.0-preview.1", "0.107.0", false)]
    [DataRow("unknown", "0.107.0", false)]
    public void IsOlder_Versions_AreComparedByNumber(string version, string than, bool older) =>
        Assert.AreEqual(older, TorchRuntime.IsOlder(version, than));

    [TestMethod]
    public void Describe_OneFileRefused_GivesThatReasonAndNotThePathsTried()
    {
        const string refused = "libtorch.so: cannot open shared object file: No such file or directory";
        string message = TorchRuntime.Describe("Linux", Architecture.X64, NothingThere + refused, "0.107.0", "0.107.0", "2.10.0");
        StringAssert.EndsWith(message, "The loader said: " + refused);
    }

    [TestMethod]
    public void Describe_OlderCppLibrary_SaysWhatTheBuildWouldHaveDone()
    {
        const string refused =
            "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)";
        string message = TorchRuntime.Describe("Linux", Architecture.X64, NothingThere + refused, "0.107.0", "0.107.0", "2.10.0");
        StringAssert.Contains(message, "GloroRelaxTorchSharp");
        StringAssert.EndsWith(message, refused);
    }

    [TestMethod]
    public void Describe_OtherTorchSharpThanBuiltWith_NamesNoLibTorchVersion()
    {
        string message = TorchRuntime.Describe("Linux", Architecture.X64, NothingThere, "0.105.2", "0.107.0", "2.10.0");
        Assert.DoesNotContain("2.10.0", message);
        StringAssert.Contains(message, "TorchSharp-cpu 0.105.2");
    }

    [TestMethod]
    public void Describe_PlatformWithoutTorchSharp_SaysSo()
    {
        StringAssert.Contains(
            TorchRuntime.Describe("Linux", Architecture.Arm64, NothingThere, "0.107.0", "0.107.0", "2.10.0"),
            "no native library for this platform");
    }
}
