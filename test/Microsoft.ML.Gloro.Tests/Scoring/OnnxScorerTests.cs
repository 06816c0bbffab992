using Microsoft.ML.Gloro.Plain;
using Microsoft.ML.Gloro.Scoring;
using Microsoft.ML.Gloro.Tests.Models;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Scoring;

/// <summary>The ONNX graph under ONNX Runtime against the plain layers' definitions, and the scorer under concurrent use.</summary>
[TestClass]
public sealed class OnnxScorerTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Score_EveryKindOfLayer_AgreesWithTheReference()
    {
        for (int seed = 0; seed < 5; seed++)
            AssertAgrees(new RandomNetworks(seed).EveryKind(), seed);
    }

    [TestMethod]
    public void Score_VectorNetworks_AgreesWithTheReference()
    {
        AssertAgrees(new RandomNetworks(1).Vector(), 1);
        AssertAgrees(new RandomNetworks(2).Vector(inputs: 1, hidden: 2, classes: 2), 2);
        AssertAgrees(new RandomNetworks(3).Vector(inputs: 211, hidden: 96, classes: 17), 3);
        AssertAgrees(new PlainNetwork(PlainShape.Vector(5), [new RandomNetworks(4).Dense(5, 3)]), 4);
    }

    [TestMethod]
    public void Score_ImageLayersOnVectors_AgreesWithTheReference()
    {
        // A vector is an image of 1 × 1 pixels: the graph changes rank in both directions.
        var random = new RandomNetworks(5);
        AssertAgrees(new PlainNetwork(PlainShape.Vector(6),
        [
            new PlainFlatten(), random.Scaling(6), random.Convolution(6, 4, 3, 3, 1, PlainPadding.All(1)), random.Scaling(4), new PlainAveragePooling(1), random.Dense(4, 6),
            new PlainSpaceToDepth(2), RandomNetworks.MinMax, random.Dense(24, 3),
        ]), 5);
    }

    [TestMethod]
    public void Score_RandomConvolutions_AgreesWithTheReference()
    {
        var sizes = new Random(7);
        for (int seed = 0; seed < 25; seed++)
        {
            var random = new RandomNetworks(seed);
            var input = new PlainShape(3, sizes.Next(1, 20), sizes.Next(1, 20));
            PlainShape shape = input;
            var layers = new List<PlainLayer>();
            for (int i = 0; i < 3; i++)
            {
                var padding = new PlainPadding(sizes.Next(3), sizes.Next(3), sizes.Next(3), sizes.Next(3));
                int height = sizes.Next(1, Math.Min(5, shape.Height + padding.Top + padding.Bottom) + 1);
                int width = sizes.Next(1, Math.Min(5, shape.Width + padding.Left + padding.Right) + 1);
                layers.Add(random.Convolution(shape.Channels, 2 * sizes.Next(1, 9), height, width, sizes.Next(1, 4), padding));
                shape = layers[^1].GetOutputShape(shape);
                layers.Add(sizes.Next(2) == 0 ? RandomNetworks.MinMax : RandomNetworks.ReLU);
            }

            int block = sizes.Next(1, 4);
            PlainLayer last = Math.Min(shape.Height, shape.Width) >= block && sizes.Next(2) == 0 ? new PlainAveragePooling(block) : new PlainSpaceToDepth(block);
            shape = last.GetOutputShape(shape);
            AssertAgrees(new PlainNetwork(input, [.. layers, last, new PlainFlatten(), random.Dense(shape.Size, 4)]), seed);
        }
    }

    [TestMethod]
    [DataRow("every kind")]
    [DataRow("vector")]
    [DataRow("wide vector")]
    [DataRow("one dense layer")]
    [DataRow("image")]
    public void Score_AnyBatchSizeAndThreadCount_GivesTheSameBits(string kind)
    {
        // Criterion of the library: a row has one result, alone (PredictionEngine), in a batch (Transform), in another process with other threads.
        const int rows = 40;
        PlainNetwork network = OfKind(kind);
        float[] inputs = new RandomNetworks(11).Values(rows * network.InputShape.Size);
        int[]? expected = null;
        foreach (int threads in (int[])[1, 2, 4])
        {
            using var scorer = new OnnxScorer(network, new OnnxScorerOptions { IntraOpThreads = threads });
            foreach (int batch in (int[])[1, 2, 3, 5, 7, 8, 16, 33, rows])
            {
                var logits = new float[rows * network.ClassCount];
                for (int row = 0; row < rows; row += batch)
                    scorer.Score(inputs.AsMemory(row * scorer.InputSize), Math.Min(batch, rows - row), logits.AsMemory(row * scorer.ClassCount));
                int[] bits = Array.ConvertAll(logits, BitConverter.SingleToInt32Bits);
                expected ??= bits;
                CollectionAssert.AreEqual(expected, bits, $"{threads} threads, batches of {batch}");
            }
        }
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void Score_RowThatIsNotFinite_GivesNaNForThatRowOnly(float bad)
    {
        using var scorer = new OnnxScorer(new RandomNetworks(2).EveryKind());
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

    [TestMethod]
    public void Score_HugeAndTinyInputs_AreNotTakenForNaN()
    {
        using var scorer = new OnnxScorer(new PlainNetwork(PlainShape.Vector(3), [new PlainDense([1e-9f, 0, 0, 0, 0, 1], [0, 0], 3, 2)]));
        var logits = new float[2];

        scorer.Score(new float[] { float.MaxValue, -float.MaxValue, float.Epsilon }, 1, logits);

        Assert.IsTrue(float.IsFinite(logits[0]) && logits[0] > 0);
    }

    [TestMethod]
    public void Score_ScalingAfterLinearLayers_IsNotFoldedIntoTheirWeights()
    {
        // 1e-30 · 1e-30 is 0 in single precision: folded, the layers would give 0 instead of 1e-30.
        var small = new PlainScaling([1e-30f], [0]);
        PlainLayer[] linear = [new PlainConvolution([1e-30f], [0], 1, 1, 1, 1, 1, default), new PlainDense([1e-30f], [0], 1, 1)];
        float[] input = [1e30f];
        foreach (PlainLayer layer in linear)
        {
            using var scorer = new OnnxScorer(new PlainNetwork(PlainShape.Vector(1), [layer, small, new PlainDense([1e30f, 2e30f], [0, 0], 1, 2)]));
            var logits = new float[2];

            scorer.Score(input, 1, logits);

            Assert.AreEqual(1f, logits[0], 1e-5f, layer.Kind);
        }
    }

    [TestMethod]
    public void Score_WithWrongBuffers_IsRefused()
    {
        using var scorer = new OnnxScorer(new RandomNetworks(1).Vector());

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => scorer.Score(new float[5], 2, new float[6])).Message, "2 rows need 6 input values, not 5");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => scorer.Score(new float[6], 2, new float[5])).Message, "room for 6 logits, not 5");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => scorer.Score(new float[6], -1, new float[6]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new OnnxScorer(new RandomNetworks(1).Vector(), new OnnxScorerOptions { IntraOpThreads = -1 }));
        scorer.Score(default, 0, default);
    }

    [TestMethod]
    public void Score_OnPartOfABuffer_WritesNothingElse()
    {
        using var scorer = new OnnxScorer(new RandomNetworks(1).Vector());
        float[] logits = [7, 7, 7, 7, 7, 7, 7, 7];

        scorer.Score(new RandomNetworks(2).Values(9).AsMemory(3), 1, logits.AsMemory(2, 4));

        Assert.AreEqual("7 7", $"{logits[0]} {logits[1]}");
        Assert.AreEqual("7 7 7", $"{logits[5]} {logits[6]} {logits[7]}");
        Assert.AreNotEqual(7f, logits[2]);
    }

    [TestMethod]
    public void Score_FromManyThreads_GivesEachItsOwnResult()
    {
        const int rows = 64;
        using var scorer = new OnnxScorer(new RandomNetworks(4).EveryKind());
        float[] inputs = new RandomNetworks(5).Values(rows * scorer.InputSize);
        var expected = new float[rows * scorer.ClassCount];
        scorer.Score(inputs, rows, expected);

        Parallel.For(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.CancellationToken }, i =>
        {
            int row = i % rows;
            var logits = new float[scorer.ClassCount];
            scorer.Score(inputs.AsMemory(row * scorer.InputSize), 1, logits);
            CollectionAssert.AreEqual(expected[(row * scorer.ClassCount)..((row + 1) * scorer.ClassCount)], logits);
        });
    }

    [TestMethod]
    public void Score_AfterDispose_Throws()
    {
        var scorer = new OnnxScorer(new RandomNetworks(1).Vector());
        scorer.Dispose();
        scorer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Score(new float[3], 1, new float[3]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Score(default, 0, default));
    }

    [TestMethod]
    public void Dispose_DuringScore_LetsItFinish()
    {
        PlainNetwork network = new RandomNetworks(4).EveryKind();
        for (int round = 0; round < 10; round++)
        {
            var scorer = new OnnxScorer(network);
            float[] inputs = new RandomNetworks(5).Values(8 * scorer.InputSize);
            using var started = new CountdownEvent(3);
            Task[] tasks = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                var logits = new float[8 * scorer.ClassCount];
                scorer.Score(inputs, 8, logits);
                started.Signal();
                while (true)
                {
                    Array.Fill(logits, float.NaN);
                    try
                    {
                        scorer.Score(inputs, 8, logits);
                    }
                    catch (ObjectDisposedException)
                    {
                        return; // the only way out
                    }

                    Assert.IsTrue(Array.TrueForAll(logits, float.IsFinite));
                }
            }, TestContext.CancellationToken))];
            started.Wait(TestContext.CancellationToken);

            scorer.Dispose();

            Assert.IsTrue(Task.WaitAll(tasks, 30_000, TestContext.CancellationToken));
        }
    }

    private static PlainNetwork OfKind(string kind)
    {
        var random = new RandomNetworks(10);
        return kind switch
        {
            "every kind" => random.EveryKind(),
            "vector" => random.Vector(17, 34, 7),
            "wide vector" => random.Vector(500, 512, 100),
            "one dense layer" => new PlainNetwork(PlainShape.Vector(2048), [random.Dense(2048, 10)]),
            _ => new PlainNetwork(new PlainShape(3, 32, 32),
            [
                random.Convolution(3, 32, 5, 5, 2, PlainPadding.All(2)), RandomNetworks.MinMax, random.Convolution(32, 32, 3, 3, 1, PlainPadding.All(1)), RandomNetworks.MinMax,
                random.Convolution(32, 64, 4, 4, 4, default), RandomNetworks.MinMax, new PlainFlatten(), random.Dense(1024, 128), RandomNetworks.MinMax, random.Dense(128, 10),
            ]),
        };
    }

    private static void AssertAgrees(PlainNetwork network, int seed)
    {
        const int rows = 3;
        using var scorer = new OnnxScorer(network);
        float[] inputs = new RandomNetworks(seed + 100).Values(rows * network.InputShape.Size);
        var logits = new float[rows * network.ClassCount];
        scorer.Score(inputs, rows, logits);
        for (int row = 0; row < rows; row++)
        {
            double[] expected = ReferenceForward.Run(network, inputs[(row * scorer.InputSize)..((row + 1) * scorer.InputSize)]);
            double scale = 1e-3 + expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], logits[(row * scorer.ClassCount) + i], 1e-5 * scale, $"seed {seed}, row {row}, class {i}");
        }
    }
}
