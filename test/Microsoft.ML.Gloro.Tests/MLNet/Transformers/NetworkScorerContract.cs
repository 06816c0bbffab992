using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>What holds for every scorer, whatever it computes with: hostile rows, wrong buffers, concurrent use, disposal.</summary>
public abstract class NetworkScorerContract
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void Score_RowThatIsNotFinite_GivesNaNForThatRowOnly(float bad)
    {
        foreach (DeployedNetwork network in (DeployedNetwork[])[new RandomNetworks(2).EveryKind(), new RandomNetworks(2).Turned()])
        {
            using var scorer = Create(network);
            float[] inputs = new RandomNetworks(3).Values(3 * scorer.InputSize);
            foreach (int place in (int[])[0, 5, scorer.InputSize - 1])
            {
                float[] damaged = [.. inputs];
                damaged[scorer.InputSize + place] = bad;
                var expected = new float[3 * scorer.ClassCount];
                var logits = new float[3 * scorer.ClassCount];
                scorer.Score(inputs, 3, expected);

                scorer.Score(damaged, 3, logits);

                Array.Fill(expected, float.NaN, scorer.ClassCount, scorer.ClassCount);
                CollectionAssert.AreEqual(expected, logits);
            }
        }
    }

    [TestMethod]
    public void Score_BadValueInADroppedColumn_GivesNaNAllTheSame()
    {
        // The pool leaves out the last column, so nothing but the look at the input can see it.
        using var scorer =
            Create(new DeployedNetwork(new TensorShape(1, 2, 3), [new DeployedAveragePooling(2), new DeployedDense([1, 2], [0, 0], 1, 2)]));
        var logits = new float[2];

        scorer.Score(new float[] { 1, 1, float.NaN, 1, 1, 1 }, 1, logits);

        Assert.IsTrue(Array.TrueForAll(logits, float.IsNaN));
    }

    [TestMethod]
    public void Score_HugeAndTinyInputs_AreNotTakenForNaN()
    {
        using var scorer = Create(new DeployedNetwork(TensorShape.Vector(3), [new DeployedDense([1e-9f, 0, 0, 0, 0, 1], [0, 0], 3, 2)]));
        var logits = new float[2];

        scorer.Score(new float[] { float.MaxValue, -float.MaxValue, float.Epsilon }, 1, logits);

        Assert.AreEqual((float)((double)float.MaxValue * 1e-9f), logits[0], 1e22f);
        Assert.AreEqual(float.Epsilon, logits[1]);
    }

    [TestMethod]
    public void Score_WithWrongBuffers_IsRefused()
    {
        using var scorer = Create(new RandomNetworks(1).Vector());

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => scorer.Score(new float[5], 2, new float[6])).Message,
            "2 rows need 6 input values, not 5");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => scorer.Score(new float[6], 2, new float[5])).Message, "room for 6 logits, not 5");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => scorer.Score(new float[6], -1, new float[6]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Create(new RandomNetworks(1).Vector(), threads: -1));
        scorer.Score(default, 0, default);
    }

    [TestMethod]
    public void Score_OnPartOfABuffer_WritesNothingElse()
    {
        using var scorer = Create(new RandomNetworks(1).Vector());
        float[] logits = [7, 7, 7, 7, 7, 7, 7, 7];

        scorer.Score(new RandomNetworks(2).Values(9).AsMemory(3), 1, logits.AsMemory(2, 4));

        Assert.AreEqual("7 7", $"{logits[0]} {logits[1]}");
        Assert.AreEqual("7 7 7", $"{logits[5]} {logits[6]} {logits[7]}");
        Assert.AreNotEqual(7f, logits[2]);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(0)]
    public void Score_FromManyThreads_GivesEachItsOwnResult(int threads)
    {
        const int rows = 64;
        using var scorer = Create(new RandomNetworks(4).EveryKind(), threads);
        float[] inputs = new RandomNetworks(5).Values(rows * scorer.InputSize);
        var expected = new float[rows * scorer.ClassCount];
        scorer.Score(inputs, rows, expected);

        Parallel.For(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.CancellationToken }, i =>
        {
            int count = 1 + (i % 5);
            int row = i % (rows - count);
            var logits = new float[count * scorer.ClassCount];
            scorer.Score(inputs.AsMemory(row * scorer.InputSize), count, logits, i % 2 == 0 ? ScoringThreads.Caller : ScoringThreads.All);
            CollectionAssert.AreEqual(expected[(row * scorer.ClassCount)..((row + count) * scorer.ClassCount)], logits);
        });
    }

    [TestMethod]
    public void Score_AfterDispose_Throws()
    {
        var scorer = Create(new RandomNetworks(1).Vector());
        scorer.Dispose();
        scorer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Score(new float[3], 1, new float[3]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Score(default, 0, default));
    }

    [TestMethod]
    public void Dispose_DuringScore_LetsItFinish()
    {
        DeployedNetwork network = new RandomNetworks(4).EveryKind();
        for (int round = 0; round < 10; round++)
        {
            var scorer = Create(network);
            float[] inputs = new RandomNetworks(5).Values(8 * scorer.InputSize);
            using var started = new CountdownEvent(3);
            Task[] tasks = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(() =>
            {
                var logits = new float[8 * scorer.ClassCount];
                scorer.Score(inputs, 8, logits);
                started.Signal();
                while (true)
                {
                    Array.Fill(logits, float.NaN);
                    try
                    {
                        scorer.Score(inputs, 8, logits, ScoringThreads.Caller);
                    }
                    catch (ObjectDisposedException)
                    {
                        return; // the only way out
                    }

                    Assert.IsTrue(Array.TrueForAll(logits, float.IsFinite));
                }
            // Threads of their own: they would take all of the pool's, and the scorer's tasks come before the third of them.
            }, TestContext.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            started.Wait(TestContext.CancellationToken);

            scorer.Dispose();

            Assert.IsTrue(Task.WaitAll(tasks, 30_000, TestContext.CancellationToken));
        }
    }

    private protected abstract INetworkScorer Create(DeployedNetwork network, int threads = 0);
}
