using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.MLNet;

/// <summary>The ONNX graph under ONNX Runtime against the plain layers' definitions.</summary>
[TestClass]
public sealed class OnnxScorerTests : NetworkScorerContract
{
    [TestMethod]
    public void Score_EveryKindOfLayer_AgreesWithTheReference()
    {
        for (int seed = 0; seed < 5; seed++)
            AssertAgrees(new RandomNetworks(seed).EveryKind(), seed);
        AssertAgrees(new RandomNetworks(8).OtherKinds(), 8);
    }

    [TestMethod]
    public void Score_OtherViews_AgreesWithTheReference()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            AssertAgrees(new RandomNetworks(seed).EveryKind().With(GloroImageViews.Mirrored), seed);
            AssertAgrees(new RandomNetworks(seed).Turned(), seed);
        }
    }

    [TestMethod]
    public void Score_VectorNetworks_AgreesWithTheReference()
    {
        AssertAgrees(new RandomNetworks(1).Vector(), 1);
        AssertAgrees(new RandomNetworks(2).Vector(inputs: 1, hidden: 2, classes: 2), 2);
        AssertAgrees(new RandomNetworks(3).Vector(inputs: 211, hidden: 96, classes: 17), 3);
        AssertAgrees(new DeployedNetwork(TensorShape.Vector(5), [new RandomNetworks(4).Dense(5, 3)]), 4);
    }

    [TestMethod]
    public void Score_ImageLayersOnVectors_AgreesWithTheReference()
    {
        // A vector is an image of 1 × 1 pixels: the graph changes rank in both directions.
        var random = new RandomNetworks(5);
        AssertAgrees(new DeployedNetwork(TensorShape.Vector(6),
        [
            new DeployedFlatten(), random.Scaling(6), random.Convolution(6, 4, 3, 3, 1, ZeroPadding.All(1)), random.Scaling(4),
                new DeployedAveragePooling(1), random.Dense(4, 6), new DeployedChannelShift(1),
            new DeployedSpaceToDepth(2), RandomNetworks.MinMax, random.Dense(24, 3),
        ]), 5);
    }

    [TestMethod]
    public void Score_RandomConvolutions_AgreesWithTheReference()
    {
        var sizes = new Random(7);
        for (int seed = 0; seed < 25; seed++)
        {
            var random = new RandomNetworks(seed);
            var input = new TensorShape(3, sizes.Next(1, 20), sizes.Next(1, 20));
            TensorShape shape = input;
            var layers = new List<DeployedLayer>();
            for (int i = 0; i < 3; i++)
            {
                var padding = new ZeroPadding(sizes.Next(3), sizes.Next(3), sizes.Next(3), sizes.Next(3));
                int height = sizes.Next(1, Math.Min(5, shape.Height + padding.Top + padding.Bottom) + 1);
                int width = sizes.Next(1, Math.Min(5, shape.Width + padding.Left + padding.Right) + 1);
                layers.Add(random.Convolution(shape.Channels, 2 * sizes.Next(1, 9), height, width, sizes.Next(1, 4), padding));
                shape = layers[^1].GetOutputShape(shape);
                layers.Add(sizes.Next(2) == 0 ? RandomNetworks.MinMax : RandomNetworks.ReLU);
            }

            int block = sizes.Next(1, 4);
            DeployedLayer last = Math.Min(shape.Height, shape.Width) >= block && sizes.Next(2) == 0 ? new DeployedAveragePooling(block)
                : new DeployedSpaceToDepth(block);
            shape = last.GetOutputShape(shape);
            AssertAgrees(new DeployedNetwork(input, [.. layers, last, new DeployedFlatten(), random.Dense(shape.Size, 4)]), seed);
        }
    }

    [TestMethod]
    [DataRow("every kind")]
    [DataRow("vector")]
    [DataRow("wide vector")]
    [DataRow("one dense layer")]
    [DataRow("image")]
    [DataRow("turned")]
    public void Score_AnyBatchSizeAndThreadCount_GivesTheSameBits(string kind)
    {
        // Criterion of the library: a row has one result, alone (PredictionEngine), in a batch (Transform), in another process with other
        // threads.
        DeployedNetwork network = OfKind(kind);
        int rows = network.InputShape.IsVector ? 300 : 40;
        float[] inputs = new RandomNetworks(11).Values(rows * network.InputShape.Size);
        int[]? expected = null;
        foreach (int threads in (int[])[1, 2, 4])
        {
            using var scorer = new OnnxScorer(network, threads);
            foreach (int batch in (int[])[1, 2, 3, 5, 7, 8, 16, 33, 64, 256, rows])
            {
                var logits = new float[rows * network.ClassCount];
                var by = batch % 2 == 0 ? ScoringThreads.Caller : ScoringThreads.All;
                for (int row = 0; row < rows; row += batch)
                    scorer.Score(
                        inputs.AsMemory(row * scorer.InputSize), Math.Min(batch, rows - row), logits.AsMemory(row * scorer.ClassCount), by);
                int[] bits = Array.ConvertAll(logits, BitConverter.SingleToInt32Bits);
                expected ??= bits;
                CollectionAssert.AreEqual(expected, bits, $"{threads} threads, batches of {batch}");
            }
        }
    }

    [TestMethod]
    public void Score_ScalingAfterLinearLayers_IsNotFoldedIntoTheirWeights()
    {
        // 1e-30 · 1e-30 is 0 in single precision: folded, the layers would give 0 instead of 1e-30.
        var small = new DeployedScaling([1e-30f], [0]);
        DeployedLayer[] linear = [new DeployedConvolution([1e-30f], [0], 1, 1, 1, 1, 1, default), new DeployedDense([1e-30f], [0], 1, 1)];
        float[] input = [1e30f];
        foreach (DeployedLayer layer in linear)
        {
            using var scorer =
                new OnnxScorer(new DeployedNetwork(TensorShape.Vector(1), [layer, small, new DeployedDense([1e30f, 2e30f], [0, 0], 1, 2)]));
            var logits = new float[2];

            scorer.Score(input, 1, logits);

            Assert.AreEqual(1f, logits[0], 1e-5f, layer.Kind);
        }
    }

    private protected override INetworkScorer Create(DeployedNetwork network, int threads = 0) => new OnnxScorer(network, threads);

    private static DeployedNetwork OfKind(string kind)
    {
        var random = new RandomNetworks(10);
        return kind switch
        {
            "every kind" => random.EveryKind(),
            "vector" => random.Vector(17, 34, 7),
            "wide vector" => random.Vector(500, 512, 100),
            "turned" => random.Turned(),
            "one dense layer" => new DeployedNetwork(TensorShape.Vector(2048), [random.Dense(2048, 10)]),
            _ => new DeployedNetwork(new TensorShape(3, 32, 32),
            [
                random.Convolution(3, 32, 5, 5, 2, ZeroPadding.All(2)), RandomNetworks.MinMax,
                    random.Convolution(32, 32, 3, 3, 1, ZeroPadding.All(1)), RandomNetworks.MinMax,
                random.Convolution(32, 64, 4, 4, 4, default), RandomNetworks.MinMax, new DeployedFlatten(), random.Dense(1024, 128),
                    RandomNetworks.MinMax, random.Dense(128, 10),
            ]),
        };
    }

    private static void AssertAgrees(DeployedNetwork network, int seed)
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
