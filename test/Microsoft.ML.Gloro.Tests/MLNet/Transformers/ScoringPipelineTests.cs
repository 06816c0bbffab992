using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Tests.MLNet;

[TestClass]
public sealed class ScoringPipelineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private int _freed;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Next_WindowsThatTakeDifferentlyLong_GivesThemInOrderAndWhole(int workers)
    {
        const int windows = 60;
        int read = 0, reading = 0, mostReading = 0, scoring = 0, mostScoring = 0;
        int[] values = new int[ScoringPipeline.WindowsFor(workers)];
        var life = new DeferredDisposal(this, () => _freed++);
        var pipeline = new ScoringPipeline(
            workers,
            life,
            window =>
            {
                mostReading = Math.Max(mostReading, Interlocked.Increment(ref reading));
                values[window] = read++;
                Interlocked.Decrement(ref reading);
                return new ReadRows(window, 1, Ended: read == windows, null);
            },
            rows =>
            {
                InterlockedMax(ref mostScoring, Interlocked.Increment(ref scoring));
                if (workers > 1 && values[rows.First] == 0)
                    SpinWait.SpinUntil(() => Volatile.Read(ref mostScoring) > 1, Patience); // a busy machine's pool may be late
                Thread.Sleep(values[rows.First] * 7 % 4);
                values[rows.First] += 1000;
                Interlocked.Decrement(ref scoring);
            });
        for (int i = 0; i < windows; i++)
        {
            ReadRows rows = pipeline.Next();
            Assert.AreEqual((1, i == windows - 1), (rows.Count, rows.Ended));
            if (i % 9 == 0)
                Thread.Sleep(5); // the workers run ahead, as far as there is room
            Assert.AreEqual(1000 + i, values[rows.First]);
        }

        Assert.AreEqual((windows, 1), (read, mostReading));
        Assert.IsLessThanOrEqualTo(workers, mostScoring);
        if (workers > 1)
            Assert.IsGreaterThan(1, mostScoring);
        life.Dispose();
        Assert.IsTrue(SpinWait.SpinUntil(() => _freed == 1, Patience), "Each window that was worked on left again.");
    }

    [TestMethod]
    public void Next_PoolHasNoThreadToSpare_IsDoneByWhoeverAsks()
    {
        ThreadPool.GetMinThreads(out int threads, out _);
        using var goOn = new ManualResetEventSlim();
        using var blocked = new CountdownEvent(threads + 64);
        for (int i = 0; i < threads + 64; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                goOn.Wait(Patience);
                blocked.Signal();
            });
        }

        var readers = new List<int>();
        var pipeline = Pipeline(2, _ => readers.Add(Environment.CurrentManagedThreadId));
        for (int i = 0; i < 6; i++)
            Assert.AreEqual(1, pipeline.Next().Count);
        goOn.Set();
        Assert.IsTrue(blocked.Wait(Patience));
        CollectionAssert.AreEqual(Enumerable.Repeat(Environment.CurrentManagedThreadId, 6).ToArray(), readers.Take(6).ToArray());
        pipeline.Stop();
    }

    [TestMethod]
    public void Stop_WhileThePoolReads_WaitsForThatWindowAndReadsNoOther()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        int reads = 0;
        var life = new DeferredDisposal(this, () => _freed++);
        var pipeline = Pipeline(
            2,
            _ =>
            {
                if (++reads < 2)
                    return;
                inside.Set();
                goOn.Wait(Patience);
            },
            life);
        Assert.AreEqual(1, pipeline.Next().Count);
        Assert.IsTrue(inside.Wait(Patience));
        var stopping = new Thread(pipeline.Stop);
        stopping.Start();
        Assert.IsTrue(SpinWait.SpinUntil(() => stopping.ThreadState == ThreadState.WaitSleepJoin, Patience));
        life.Dispose();
        Assert.AreEqual(0, _freed, "A window is in use.");
        goOn.Set();
        Assert.IsTrue(stopping.Join(Patience));
        Assert.IsTrue(SpinWait.SpinUntil(() => _freed == 1, Patience));
        Thread.Sleep(20);
        Assert.AreEqual(2, reads);
    }

    [TestMethod]
    public void Stop_FromInsideTheReading_DoesNotWaitForItself()
    {
        int reads = 0;
        ScoringPipeline pipeline = null!;
        pipeline = Pipeline(1, _ =>
        {
            if (++reads == 3)
                pipeline.Stop();
        });
        while (pipeline.Next().Count > 0)
        {
        }

        Assert.AreEqual(3, reads);
    }

    [TestMethod]
    public void Next_AfterStopOrDisposal_GivesNoRowsAndReadsNothing()
    {
        int reads = 0;
        var life = new DeferredDisposal(this, () => _freed++);
        var pipeline = Pipeline(2, _ => reads++, life);
        pipeline.Stop();
        Assert.AreEqual((0, true), (pipeline.Next().Count, pipeline.Next().Ended));
        life.Dispose();
        Assert.AreEqual(0, Pipeline(2, _ => reads++, life).Next().Count);
        Assert.AreEqual((0, 1), (reads, _freed));
    }

    [TestMethod]
    public void Next_ScoringFails_ThrowsAtThatWindowAfterThoseBefore()
    {
        int reads = 0;
        var pipeline = new ScoringPipeline(
            3, new DeferredDisposal(this, () => _freed++), window => new ReadRows(window, ++reads, Ended: false, null), rows =>
        {
            if (rows.Count == 4)
                throw new IOException("window 4");
        });
        for (int i = 1; i < 4; i++)
            Assert.AreEqual(i, pipeline.Next().Count);
        Assert.AreEqual("window 4", Assert.ThrowsExactly<IOException>(() => pipeline.Next()).Message);
        pipeline.Stop();
        int before = reads;
        Thread.Sleep(20);
        Assert.AreEqual(before, reads);
    }

    private ScoringPipeline Pipeline(int workers, Action<int> onRead, DeferredDisposal? life = null) =>
        new(workers, life ?? new DeferredDisposal(this, () => _freed++), window =>
        {
            onRead(window);
            return new ReadRows(window, 1, Ended: false, null);
        }, _ => { });

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen)
            seen = Volatile.Read(ref most);
    }
}
