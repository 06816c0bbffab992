using System.Globalization;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Torch;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class RetainedMemoryTests
{
    private const int Blocks = 24, BlockBytes = 8 << 20;

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void Allocations_WarmedUp_AskTheSystemForNoPages()
    {
        RequireGlibc();
        using var memory = new RetainedMemory();
        AssertFewFaults(FaultsOfAStep());
    }

    [TestMethod]
    public void Allocations_OnAnotherThread_AskTheSystemForNoPages()
    {
        RequireGlibc();
        using var memory = new RetainedMemory();
        long faults = long.MaxValue;
        var thread = new Thread(() => faults = FaultsOfAStep());
        thread.Start();
        thread.Join();
        AssertFewFaults(faults);
    }

    [TestMethod]
    public void Dispose_LastOfTwo_GivesTheMemoryBack()
    {
        RequireGlibc();
        var (first, second) = (new RetainedMemory(), new RetainedMemory());
        Step();
        first.Dispose();
        first.Dispose(); // A second time counts for nothing.
        Step();
        long kept = Environment.WorkingSet;
        second.Dispose();
        Assert.IsGreaterThan(Blocks * (long)BlockBytes / 2, kept - Environment.WorkingSet);
    }

    // Of the median step: blocks find their places in the first few, and other threads are given pages too. Memory that is not kept costs
    // every step all of its pages.
    private static long FaultsOfAStep()
    {
        long[] faults = new long[11];
        for (int n = 0; n < faults.Length; n++)
        {
            long before = Faults();
            Step();
            faults[n] = Faults() - before;
        }

        return faults.Order().ElementAt(faults.Length / 2);
    }

    private static void AssertFewFaults(long faults) =>
        Assert.IsLessThan(Blocks * (long)BlockBytes / Environment.SystemPageSize / 20, faults);

    // What a forward and a backward pass do: many blocks, all written, then all freed.
    private static void Step()
    {
        using var scope = torch.NewDisposeScope();
        for (int n = 0; n < Blocks; n++)
            torch.ones(BlockBytes / sizeof(float));
    }

    /// <summary>Pages that the process has been given since it started.</summary>
    private static long Faults()
    {
        // The name may hold spaces; after it minflt is the eighth field (proc(5)).
        string text = File.ReadAllText("/proc/self/stat");
        return long.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }

    private static void RequireGlibc()
    {
        if (!OperatingSystem.IsLinux() || !System.Runtime.InteropServices.NativeLibrary.TryLoad("libc.so.6", out var library)
            || !System.Runtime.InteropServices.NativeLibrary.TryGetExport(library, "mallopt", out _))
        {
            Assert.Inconclusive("There is no glibc here.");
        }
    }
}
