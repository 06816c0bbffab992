using Microsoft.ML.Gloro.Scoring;

namespace Microsoft.ML.Gloro.Tests.Scoring;

[TestClass]
public sealed class BackgroundReadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ReadRows Rows = new(First: 4, Count: 3, Ended: true, Failure: null);

    [TestMethod]
    public void Result_PoolHasNotBegun_IsReadByWhoeverAsks()
    {
        int thread = 0;
        var read = new BackgroundRead(() =>
        {
            thread = Environment.CurrentManagedThreadId;
            return Rows;
        });
        Assert.AreEqual(Rows, read.Result());
        Assert.AreEqual(Environment.CurrentManagedThreadId, thread);
        read.Start(); // the pool comes too late, and reads nothing again
        Assert.AreEqual(Rows, read.Result());
    }

    [TestMethod]
    public void Result_PoolHasBegun_WaitsForItAndReadsOnce()
    {
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        int times = 0;
        var read = new BackgroundRead(() =>
        {
            Interlocked.Increment(ref times);
            begun.Set();
            goOn.Wait(Patience);
            return Rows;
        });
        read.Start();
        Assert.IsTrue(begun.Wait(Patience));
        var result = Task.Run(read.Result);
        Assert.IsFalse(result.Wait(20));
        goOn.Set();
        Assert.IsTrue(result.Wait(Patience));
        Assert.AreEqual((Rows, 1), (result.Result, times));
    }

    [TestMethod]
    public void Cancel_NotBegun_NothingIsEverRead()
    {
        int times = 0, done = 0;
        var read = new BackgroundRead(() =>
        {
            times++;
            return Rows;
        });
        read.Cancel(() => done++);
        read.Start();
        Thread.Sleep(20);
        Assert.AreEqual((0, 1), (times, done));
    }

    [TestMethod]
    public void Cancel_FromInsideTheReading_IsDoneAfterIt()
    {
        bool reading = false, readingWhenDone = true;
        BackgroundRead read = null!;
        read = new BackgroundRead(() =>
        {
            reading = true;
            read.Cancel(() => readingWhenDone = reading);
            Assert.IsTrue(readingWhenDone);
            reading = false;
            return Rows;
        });
        Assert.AreEqual(Rows, read.Result());
        Assert.IsFalse(readingWhenDone);
    }
}
