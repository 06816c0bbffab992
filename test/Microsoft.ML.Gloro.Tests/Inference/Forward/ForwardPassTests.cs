using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// The float64 engine: that it computes the network, and that it does so in the documented order to the last bit, whatever registers,
/// batches and threads there are.
/// </summary>
[TestClass]
public sealed class ForwardPassTests
{
    private const string EveryKind = "every kind";
    private const string Vector = "vector";
    private const string WideVector = "wide vector";
    private const string OnVectors = "image layers on vectors";
    private const string LargeKernel = "large kernel";
    private const string Image = "image";
    private const string Mirrored = "mirrored";
    private const string Turned = "turned";

    [TestMethod]
    public void Run_EveryKindOfLayer_AgreesWithTheReference()
    {
        for (int seed = 0; seed < 5; seed++)
            AssertAgrees(new RandomNetworks(seed).EveryKind(), seed);
        AssertAgrees(new RandomNetworks(8).OtherKinds(), 8);
        AssertAgrees(new RandomNetworks(1).Vector(), 1);
        AssertAgrees(new RandomNetworks(2).Vector(inputs: 1, hidden: 2, classes: 2), 2);
        AssertAgrees(new RandomNetworks(3).Vector(inputs: 211, hidden: 96, classes: 17), 3);
        AssertAgrees(new DeployedNetwork(TensorShape.Vector(5), [new RandomNetworks(4).Dense(5, 3)]), 4);
        AssertAgrees(ForwardNetworks.ImageLayersOnVectors(5), 5);
        AssertAgrees(ForwardNetworks.LargeKernel(6), 6);
        AssertAgrees(new RandomNetworks(7).EveryKind().With(GloroImageViews.Mirrored), 7);
        AssertAgrees(new RandomNetworks(8).Turned(), 8);
    }

    [TestMethod]
    public void Run_RandomConvolutions_AgreesWithTheReference()
    {
        for (int seed = 0; seed < 60; seed++)
            AssertAgrees(ForwardNetworks.RandomConvolutions(seed), seed);
    }

    [TestMethod]
    public void Run_OnEveryWidthOfRegisters_GivesTheDocumentedBits()
    {
        // This proves both: the order that is documented is the one that runs, and all widths agree.
        DeployedNetwork[] networks =
        [
            .. ((string[])[EveryKind, Vector, OnVectors, LargeKernel, Mirrored, Turned]).Select(ForwardNetworks.OfKind),
            .. Enumerable.Range(0, 25)
                .Select(seed => ForwardNetworks.WithBitsExposed(ForwardNetworks.RandomConvolutions(100 + seed), seed)),
        ];
        foreach (DeployedNetwork network in networks)
        {
            const int rows = 3;
            float[] inputs = new RandomNetworks(7).Values(rows * network.InputShape.Size);
            float[] expected =
            [
                .. Enumerable.Range(0, rows)
                    .SelectMany(row => FmaOracle.Run(network, inputs.AsSpan(row * network.InputShape.Size, network.InputShape.Size))),
            ];
            AssertBits(expected, Run(new ForwardPass(network), inputs, rows), "all widths together");
            foreach (TileKernel kernel in TileKernel.Supported)
                AssertBits(
                    expected,
                    Run(new ForwardPass(network, [kernel, TileKernel.Supported[^1]]), inputs, rows),
                    $"blocks of {kernel.Width} channels");
        }
    }

    [TestMethod]
    public void Run_BitsExposed_ShowAnotherOrderOfSummation()
    {
        // What the test above rests on: adding the same terms in another order shows in these logits, and does not in the plain ones.
        DeployedNetwork plain = new RandomNetworks(10).EveryKind();
        DeployedNetwork exposed = ForwardNetworks.WithBitsExposed(plain, 20);
        float[] input = new RandomNetworks(7).Values(plain.InputShape.Size);

        CollectionAssert.AreEqual(FmaOracle.Run(plain, input), FmaOracle.Run(plain, input, channelsFirst: true));
        CollectionAssert.AreNotEqual(FmaOracle.Run(exposed, input), FmaOracle.Run(exposed, input, channelsFirst: true));
        Assert.IsTrue(Array.TrueForAll(FmaOracle.Run(exposed, input), y => y != 0 && Math.Abs(y) < 1e-14));
    }

    [TestMethod]
    public void Run_OnAnyMachine_GivesTheseBits()
    {
        // Recorded once. Holds on every processor and operating system, with DOTNET_EnableHWIntrinsic=0 and without.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string kind in (string[])[EveryKind, Vector, WideVector, OnVectors, LargeKernel, Image])
        {
            DeployedNetwork network = ForwardNetworks.OfKind(kind);
            float[] inputs = new RandomNetworks(8).Values(2 * network.InputShape.Size);
            hash.AppendData(MemoryMarshal.AsBytes(Run(new ForwardPass(network), inputs, 2).AsSpan()));
        }

        Assert.AreEqual("4E5EC56C8F36C192", Convert.ToHexString(hash.GetHashAndReset())[..16]);
    }

    [TestMethod]
    [DataRow(EveryKind)]
    [DataRow(Vector)]
    [DataRow(WideVector)]
    [DataRow(OnVectors)]
    [DataRow(Image)]
    [DataRow(Mirrored)]
    [DataRow(Turned)]
    public void Run_AnyBatchSizeAndThreadCount_GivesTheSameBits(string kind)
    {
        const int rows = 40;
        DeployedNetwork network = ForwardNetworks.OfKind(kind);
        float[] inputs = new RandomNetworks(11).Values(rows * network.InputShape.Size);
        var pass = new ForwardPass(network);
        float[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 4])
        {
            foreach (int batch in (int[])[.. Enumerable.Range(1, 17), 33, rows])
            {
                if (batch is > 4 and < 16 && batch % 4 != threads - 1)
                    continue;
                var logits = new float[rows * network.ClassCount];
                for (int row = 0; row < rows; row += batch)
                    pass.Run(
                        inputs.AsMemory(row * pass.InputSize),
                        Math.Min(batch, rows - row),
                        logits.AsMemory(row * pass.ClassCount),
                        threads);
                expected ??= logits;
                AssertBits(expected, logits, $"{threads} threads, batches of {batch}");
            }
        }
    }

    [TestMethod]
    [DataRow(1e-30)]
    [DataRow(1e-38)]
    [DataRow(1e-44)]
    [DataRow(1e25)]
    public void Run_VerySmallOrLargeWeights_GivesTheDocumentedBits(double scale)
    {
        // Eight layers: the small ones run into the denormals of double and below them.
        var random = new RandomNetworks(3);
        DeployedDense Layer(int inputs, int outputs) =>
            new(random.Values(inputs * outputs, scale), random.Values(outputs, 1e-45), inputs, outputs);
        var network = new DeployedNetwork(TensorShape.Vector(9), [.. Enumerable.Range(0, 7).Select(_ => Layer(9, 9)), Layer(9, 3)]);
        var back = new DeployedNetwork(
            TensorShape.Vector(9),
            [
                .. network.Layers, .. Enumerable.Range(0, 7).Select(_ => new DeployedScaling([1e38f, 1e37f, 1e36f], [0, 0, 0])),
                random.Dense(3, 3),
            ]);
        foreach (DeployedNetwork each in (DeployedNetwork[])[network, back])
        {
            float[] input = random.Values(9);

            AssertBits(FmaOracle.Run(each, input), Run(new ForwardPass(each), input, 1), $"{scale}");
        }
    }

    [TestMethod]
    public void Run_OverflowOnTheWay_NeverGivesFiniteLogits()
    {
        // 3e38 to the ninth is beyond double. ReLU and MinMax must not hide it, nor a weight of zero.
        DeployedDense[] grow = [.. Enumerable.Range(0, 9).Select(_ => new DeployedDense([3e38f, 0, 0, 3e38f], [0, 0], 2, 2))];
        var end = new DeployedDense([0, 0, 1, 1, 0, 1], [0, 0, 0], 2, 3);
        DeployedLayer[][] activations =
        [
            [], [RandomNetworks.ReLU], [RandomNetworks.MinMax], [RandomNetworks.MinMax, RandomNetworks.ReLU],
            [RandomNetworks.ReLU, RandomNetworks.MinMax, new DeployedAveragePooling(1)],
        ];
        foreach (DeployedLayer[] some in activations)
        {
            var network = new DeployedNetwork(TensorShape.Vector(2), [.. grow, .. some, end]);
            foreach (float[] input in (float[][])[[1, 1], [-1, -1], [1, -1], [-1, 0]])
                Assert.IsFalse(
                    Array.Exists(Run(new ForwardPass(network), input, 1), float.IsFinite),
                    $"{some.Length} activations, {input[0]}, {input[1]}");
        }
    }

    [TestMethod]
    public void Run_NotANumberInAPair_StaysInIt()
    {
        // 3e38⁹ · 0 is NaN: channel 0 of 10, in the part of MinMax that runs in registers.
        var network = new DeployedNetwork(TensorShape.Vector(1),
        [
            .. Enumerable.Range(0, 9).Select(_ => new DeployedDense([3e38f], [0], 1, 1)),
            new DeployedDense([0, 1, 1, 1, 1, 1, 1, 1, 1, 1], new float[10], 1, 10), RandomNetworks.MinMax,
            new DeployedDense([.. Enumerable.Repeat(1f, 20)], [0, 0], 10, 2),
        ]);

        Assert.IsTrue(Array.TrueForAll(Run(new ForwardPass(network), [1], 1), float.IsNaN));
        Assert.AreEqual(
            BitConverter.SingleToInt32Bits(float.NaN),
            BitConverter.SingleToInt32Bits(Run(new ForwardPass(network), [-1], 1)[1]),
            "One pattern on every processor.");
    }

    [TestMethod]
    public void Run_VastPadding_TakesNoMemoryForIt()
    {
        // A padded copy of this image would have a thousand million values.
        var network = new DeployedNetwork(new TensorShape(3, 2, 2),
            [
                new RandomNetworks(1).Convolution(3, 4, 2, 3, 1 << 14, ZeroPadding.All(1 << 14)), new DeployedFlatten(),
                new RandomNetworks(2).Dense(24, 2),
            ]);
        float[] input = new RandomNetworks(3).Values(12);
        float[] expected = FmaOracle.Run(network, input);
        long before = GC.GetAllocatedBytesForCurrentThread();

        float[] logits = Run(new ForwardPass(network), input, 1);

        Assert.IsLessThan(100_000L, GC.GetAllocatedBytesForCurrentThread() - before);
        AssertBits(expected, logits, "vast padding");
    }

    [TestMethod]
    public void Run_WhenWarm_AllocatesNothing()
    {
        DeployedNetwork network = ForwardNetworks.OfKind(Image);
        var pass = new ForwardPass(network);
        float[] inputs = new RandomNetworks(3).Values(8 * pass.InputSize);
        var logits = new float[8 * pass.ClassCount];
        for (int i = 0; i < 3; i++)
            pass.Run(inputs, 8, logits, threads: 1);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 10; i++)
            pass.Run(inputs, 8, logits, threads: 1);

        Assert.IsLessThan(1000L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Supported_OnAnyProcessor_EndsWithTheKernelForAnyNumberOfChannels()
    {
        Assert.AreEqual(2, TileKernel.Supported[^1].Width);
        CollectionAssert.AreEqual(
            TileKernel.Supported.Select(k => k.Width).OrderDescending().ToArray(), TileKernel.Supported.Select(k => k.Width).ToArray());
        Assert.IsTrue(TileKernel.Supported.All(k => k.Width <= TileKernel.MaxWidth));
    }

    private static float[] Run(ForwardPass pass, float[] inputs, int rows)
    {
        var logits = new float[rows * pass.ClassCount];
        pass.Run(inputs, rows, logits, threads: 1);
        return logits;
    }

    private static void AssertBits(float[] expected, float[] actual, string what) =>
        CollectionAssert.AreEqual(
            Array.ConvertAll(expected, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual, BitConverter.SingleToInt32Bits), what);

    private static void AssertAgrees(DeployedNetwork network, int seed)
    {
        const int rows = 3;
        int size = network.InputShape.Size;
        float[] inputs = new RandomNetworks(seed + 100).Values(rows * size);
        float[] logits = Run(new ForwardPass(network), inputs, rows);
        for (int row = 0; row < rows; row++)
        {
            double[] expected = ReferenceForward.Run(network, inputs[(row * size)..((row + 1) * size)]);
            for (int i = 0; i < expected.Length; i++)
                // Half a unit of float.
                Assert.AreEqual(
                    expected[i],
                    logits[(row * network.ClassCount) + i],
                    (Math.Abs(expected[i]) * 6e-8) + 1e-14,
                    $"seed {seed}, row {row}, class {i}");
        }
    }
}
