using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

[TestClass]
public sealed class LayerTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(24, 10)]
    [DataRow(10, 24)]
    [DataRow(16, 16)]
    public void OrthogonalDense_WeightsOfAnySize_HasSingularValuesUpToOne(int inputs, int outputs)
    {
        foreach (double size in new[] { 1e-4, 0.3, 100 })
        {
            using var scope = torch.NewDisposeScope();
            var factory = Nets.Factory(inputs);
            using var layer = new OrthogonalDenseLayer(inputs, outputs, factory);
            Nets.Perturb(layer.Parameters, factory, size);
            float[] singular = Singular(layer);
            Assert.HasCount(Math.Min(inputs, outputs), singular);
            Assert.IsLessThanOrEqualTo(1 + 1e-5f, singular[0]);
            Assert.IsGreaterThan(0.99f, singular[0]);
        }
    }

    [TestMethod]
    public void OrthogonalDense_Scaled_RunsTheSameMatrix()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = new OrthogonalDenseLayer(9, 5, Nets.Factory(2));
        float[] before = ((DeployedDense)layer.Fold().Single()).Weights;
        using (torch.no_grad())
            layer.Parameters.First().mul_(1000);
        float[] after = ((DeployedDense)layer.Fold().Single()).Weights;
        for (int i = 0; i < before.Length; i++)
            Assert.AreEqual(before[i], after[i], 1e-5f);
    }

    [TestMethod]
    public void OrthogonalDense_WeightsThatOverflow_GivesNaNAndDoesNotThrow()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = new OrthogonalDenseLayer(9, 5, Nets.Factory(2));
        foreach (float factor in new[] { 1e30f, float.NaN })
        {
            using (torch.no_grad())
                layer.Parameters.First().mul_(factor);
            Assert.IsTrue(layer.Forward(torch.ones(2, 9), true).isnan().any().item<bool>());
        }
    }

    [TestMethod]
    public void UnitNormDense_Perturbed_HasRowsOfLengthOne()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var (inputs, classes) in new[] { (6, 3), (3, 8) })
        {
            var factory = Nets.Factory(classes);
            using var layer = new UnitNormDenseLayer(inputs, classes, factory);
            Nets.Perturb(layer.Parameters, factory, 5);
            foreach (double[] row in Nets.Rows(layer.Rows()))
                Assert.AreEqual(1, Nets.Norm(row), 1e-6);
            var plain = (DeployedDense)layer.Fold().Single();
            for (int c = 0; c < classes; c++)
                Assert.AreEqual(1, Nets.Norm(plain.Row(c).ToArray().Select(v => (double)v)), 1e-6);
            CollectionAssert.AreEqual(layer.Parameters.Last().data<float>().ToArray(), plain.Bias);
        }
    }

    [TestMethod]
    public void MinMax_Forward_IsMaximumAndMinimumOfHalves()
    {
        using var scope = torch.NewDisposeScope();
        var shape = new TensorShape(6, 3, 2);
        using var layer = new ActivationLayer(shape, ActivationFunction.MinMax);
        var x = torch.randn(Nets.Sizes(shape, 4), generator: Nets.Factory(1).Generator);
        var halves = x.chunk(2, 1);
        var expected = torch.cat([torch.maximum(halves[0], halves[1]), torch.minimum(halves[0], halves[1])], 1);
        Assert.IsLessThan(1e-6f, (expected - layer.Forward(x, true)).abs().max().item<float>());
    }

    [TestMethod]
    public void SpaceToDepth_Forward_HasTheOrderOfThePlainLayer()
    {
        foreach (var (shape, block) in new[]
        {
            (new TensorShape(3, 4, 6), 2), (new TensorShape(2, 7, 5), 3), (new TensorShape(1, 5, 5), 1), (new TensorShape(2, 3, 2), 4),
        })
        {
            using var scope = torch.NewDisposeScope();
            using var layer = new SpaceToDepthLayer(shape, block);
            var x = torch.arange(1, shape.Size + 1, torch.ScalarType.Float32).reshape(Nets.Sizes(shape, 1));
            double[] row = Nets.Rows(x)[0];
            CollectionAssert.AreEqual(
                ReferenceForward.Apply(new DeployedSpaceToDepth(block), shape, row), Nets.Rows(layer.Forward(x, false))[0]);
        }
    }

    [TestMethod]
    public void ChannelShift_Forward_HasTheOrderOfThePlainLayer()
    {
        foreach (var (shape, group) in new[]
        {
            (new TensorShape(5, 4, 6), 1), (new TensorShape(8, 3, 2), 2), (new TensorShape(9, 1, 5), 2), (new TensorShape(4, 2, 1), 1),
        })
        {
            using var scope = torch.NewDisposeScope();
            using var layer = new ChannelShiftLayer(shape, group);
            var x = torch.arange(1, shape.Size + 1, torch.ScalarType.Float32).reshape(Nets.Sizes(shape, 1));
            double[] row = Nets.Rows(x)[0], moved = Nets.Rows(layer.Forward(x, false))[0];
            CollectionAssert.AreEqual(ReferenceForward.Apply(new DeployedChannelShift(group), shape, row), moved);
            CollectionAssert.AreEquivalent(row, moved, "no value is lost");
        }
    }

    [TestMethod]
    [DataRow(12, 5)]
    [DataRow(5, 12)]
    [DataRow(8, 8)]
    public void OrthogonalConvolution_WeightsOfAnySize_HasSingularValuesUpToOne(int inputs, int outputs)
    {
        foreach (double size in new[] { 1e-4, 0.3, 100 })
        {
            using var scope = torch.NewDisposeScope();
            var factory = Nets.Factory(inputs);
            using var layer = new OrthogonalConvolutionLayer(new TensorShape(inputs, 3, 4), outputs, factory);
            Nets.Perturb(layer.Parameters, factory, size);
            float[] singular = Singular(((DeployedConvolution)layer.Fold().Single()).Kernel, outputs, inputs);
            Assert.HasCount(Math.Min(inputs, outputs), singular);
            Assert.IsLessThanOrEqualTo(1 + 1e-5f, singular[0]);
            Assert.IsGreaterThan(0.99f, singular[0]);
        }
    }

    [TestMethod]
    public void OrthogonalConvolution_InBFloat16_RoundsTheOrthogonalMatrixOnce()
    {
        // A matrix whose rows nearly depend on each other cancels: made in bfloat16, it would be far from orthogonal.
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        var factory = Nets.Factory(4);
        var shape = new TensorShape(6, 5, 4);
        using var layer = new OrthogonalConvolutionLayer(shape, 6, factory);
        layer.Parameters.First().mul_(0.05).add_(1);
        var x = torch.randn(Nets.Sizes(shape, 4), generator: factory.Generator);
        var exact = layer.Forward(x, true);
        var rough = layer.Forward(x.to(torch.ScalarType.BFloat16), true);
        Assert.AreEqual(torch.ScalarType.BFloat16, rough.dtype);
        Assert.IsLessThan(0.02 * exact.norm().item<float>(), (exact - rough.to(torch.ScalarType.Float32)).norm().item<float>());
    }

    [TestMethod]
    public void Centering_ManyBatches_ApproachesTheMeanAndCondensesToItsNegativeInTheBias()
    {
        using var scope = torch.NewDisposeScope();
        var factory = Nets.Factory(1);
        var shape = new TensorShape(2, 3, 4);
        using var convolution = new ConvolutionLayer(shape, 2, 1, factory);
        using var layer = new CenteringLayer(shape, factory);
        using (torch.no_grad())
            convolution.Parameters.Last().copy_(torch.tensor([10f, 20f]));
        var x = torch.stack([torch.full([3, 4], 3f), torch.full([3, 4], -5f)]).unsqueeze(0).repeat(2, 1, 1, 1);

        layer.Forward(x, training: false);
        CollectionAssert.AreEqual(new float[2], layer.Buffers.Single().data<float>().ToArray(), "it learns only in training");
        layer.Forward(x, training: true);
        CollectionAssert.AreEqual(new[] { 0.3f, -0.5f }, layer.Buffers.Single().data<float>().ToArray(), "a tenth of the way");
        for (int i = 0; i < 200; i++)
            layer.Forward(x, training: true);

        var folded = ShiftFolding.Fold([.. convolution.Fold(), .. layer.Fold()]);
        float[] bias = ((DeployedConvolution)folded.Single()).Bias;
        Assert.AreEqual(10 - 3f, bias[0], 1e-4f);
        Assert.AreEqual(20 + 5f, bias[1], 1e-4f);
    }

    [TestMethod]
    public void Create_SmallImage_SaysWhatItTakes()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(
            () => LiResNetLayers.Create(new TensorShape(3, 15, 40), 3, 1, 4, 4, new float[3], Nets.Factory(1)));
        StringAssert.Contains(e.Message, "16×16 up, not 15×40");
    }

    [TestMethod]
    public void Convolution_EvenKernel_IsRefused()
    {
        var shape = new TensorShape(2, 4, 4);
        foreach (int kernel in new[] { 2, 0, -3 })
        {
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => new ConvolutionLayer(shape, 2, kernel, Nets.Factory(1))).Message,
                $"odd kernel, not {kernel}");
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => new ResidualConvolutionLayer(shape, kernel, 1, Nets.Factory(1))).Message,
                $"odd kernel, not {kernel}");
        }
    }

    [TestMethod]
    public void Convolution_StrideWithoutAKernelForIt_IsRefused()
    {
        var shape = new TensorShape(2, 4, 4);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new ConvolutionLayer(shape, 2, 2, Nets.Factory(1), stride: 3)).Message,
            "kernel of at least 3, not 2");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new ConvolutionLayer(shape, 2, 3, Nets.Factory(1), stride: 0)).Message,
            "at least 1, not 0");
    }

    [TestMethod]
    [DataRow(4, 2, 3)]
    [DataRow(5, 2, 16)]
    [DataRow(3, 3, 40)]
    public void Convolution_StridedAndNew_IsNearlyOrthogonalOnBlocks(int kernel, int stride, int channels)
    {
        using var scope = torch.NewDisposeScope();
        var shape = new TensorShape(2, 6 * stride, 4 * stride);
        using var layer = new ConvolutionLayer(shape, channels, kernel, Nets.Factory(kernel), stride);
        Assert.AreEqual(new TensorShape(channels, 6, 4), layer.OutputShape);

        // What was drawn at the center has norm 1; the rest is a tenth of a spread-out kernel.
        double proved = RigorousBound.Compute(Wrapped.Network(shape, [.. layer.Fold()])).Value;
        Assert.IsGreaterThan(0.95, proved);
        Assert.IsLessThan(1.5, proved);

        // Each input is seen: where there are as many channels as pixels in a block, none is lost.
        var x = torch.randn(Nets.Sizes(shape, 8), generator: Nets.Factory(1).Generator);
        double kept = (layer.Forward(x, false).square().sum() / x.square().sum()).item<float>();
        Assert.AreEqual(Math.Min(1, channels / (2.0 * stride * stride)), kept, 0.25);
    }

    [TestMethod]
    public void OrthogonalResidualDense_New_IsNearlyTheIdentity()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = new OrthogonalResidualDenseLayer(24, 4, Nets.Factory(3));
        var x = torch.randn([4, 24], generator: Nets.Factory(1).Generator);
        Assert.IsLessThan(0.2 * x.norm().item<float>(), (layer.Forward(x, false) - x).norm().item<float>());
        Assert.HasCount(3, layer.Parameters.ToList());
    }

    [TestMethod]
    public void MinMax_OddChannels_AreRefused() =>
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new ActivationLayer(new TensorShape(3, 2, 2), ActivationFunction.MinMax)).Message,
            "odd number");

    [TestMethod]
    public void Create_SameSeed_GivesTheSameNetworkAndAnotherSeedAnother()
    {
        DeployedNetwork Make(int seed)
        {
            using var network = LiResNetLayers.Create(new TensorShape(3, 16, 16), 3, 1, 4, 6, new float[3], Nets.Factory(seed));
            return network.Fold();
        }

        Assert.AreEqual(WeightHash.Compute(Make(1)), WeightHash.Compute(Make(1)));
        Assert.AreNotEqual(WeightHash.Compute(Make(1)), WeightHash.Compute(Make(2)));
    }

    [TestMethod]
    public void Dispose_Network_FreesEveryTensor()
    {
        var factory = Nets.Factory(1);
        long before = Live();
        using (var network = LiResNetLayers.Create(new TensorShape(3, 16, 16), 3, 2, 4, 6, new float[3], factory))
        {
            Assert.IsGreaterThan(before, Live());
            network.Fold();
        }

        Assert.AreEqual(before, Live(), "LiResNet");
        using (var network = Mlp.Create(5, 3, 2, 4, new float[5], 1, factory))
            network.Fold();
        Assert.AreEqual(before, Live(), "MLP");
    }

    [TestMethod]
    public void Condense_InsideAndOutsideAScope_LeavesNoTensor()
    {
        foreach (string name in Nets.LayerNames)
        {
            var (_, layer) = Nets.Layer(name, Nets.Factory(1));
            using (layer)
            {
                long before = Live();
                _ = layer.Fold().ToList();
                Assert.AreEqual(before, Live(), name);
            }
        }
    }

    private static long Live() => TorchProcess.LiveTensors();

    private static float[] Singular(OrthogonalDenseLayer layer)
    {
        var dense = (DeployedDense)layer.Fold().Single();
        return Singular(dense.Weights, dense.Outputs, dense.Inputs);
    }

    private static float[] Singular(float[] matrix, int rows, int columns) =>
        torch.linalg.svdvals(torch.tensor(matrix, [rows, columns])).data<float>().ToArray();
}
