using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// What was trained is what is deployed: the network in TorchSharp and its condensed form, computed by their definitions in double, agree.
/// </summary>
[TestClass]
public sealed class CondensingTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(16, 16, 2)]
    [DataRow(17, 23, 1)]
    [DataRow(20, 20, 2)]
    [DataRow(32, 32, 1)]
    [DataRow(33, 48, 1)]
    [DataRow(64, 64, 3)]
    [DataRow(16, 16, 0)]
    public void Condense_AgedLiResNet_ComputesTheSame(int height, int width, int depth)
    {
        var factory = Nets.Factory((height * 100) + width + depth);
        using var network = LiResNetLayers.Create(new TensorShape(3, height, width), 5, depth, 6, 10, [0.4f, 0.5f, 0.6f], factory);
        AssertAgrees(network, factory);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Condense_AgedMlp_ComputesTheSame(int depth)
    {
        var factory = Nets.Factory(depth);
        using var network = Mlp.Create(7, 4, depth, 12, [1, 2, 3, 4, 5, 6, 7], 0.7f, factory);
        AssertAgrees(network, factory);
    }

    [TestMethod]
    [DataRow(GloroArchitecture.Conv2C2F, 13, 10)]
    [DataRow(GloroArchitecture.Conv2C2F, 4, 4)]
    [DataRow(GloroArchitecture.Conv8C2F, 8, 9)]
    public void Condense_AgedConvNet_ComputesTheSame(GloroArchitecture architecture, int height, int width)
    {
        var factory = Nets.Factory(height);
        using var network = NetworkBuilder.Build(
            new TensorShape(3, height, width), 5, ConvNet.Layers(architecture), [0.4f, 0.5f, 0.6f], 1, factory);
        AssertAgrees(network, factory);
    }

    [TestMethod]
    public void Condense_AgedLiResNetWithALongTail_ComputesTheSame()
    {
        var factory = Nets.Factory(8);
        var input = new TensorShape(3, 16, 16);
        using var network = NetworkBuilder.Build(
            input, 5, LiResNetLayers.Layers(input, new LiResNetSize(1, 6, 10, 4)), [0.4f, 0.5f, 0.6f], 1, factory);
        Assert.HasCount(5, network.Fold().Layers.OfType<DeployedDense>().ToList());
        AssertAgrees(network, factory);
    }

    [TestMethod]
    public void Condense_HandMadeSequenceOfEveryLayer_ComputesTheSame()
    {
        for (int seed = 0; seed < 3; seed++)
        {
            var factory = Nets.Factory(seed);
            var input = new TensorShape(3, 13, 11);
            var body = new List<TrainableLayer>();
            TensorShape Shape() => body.Count == 0 ? input : body[^1].OutputShape;
            body.Add(new InputScalingLayer(input, [2, 0.5f, -1], [-1, 0.25f, 0.5f], factory));
            body.Add(new CenteringLayer(Shape(), factory)); // With no bias before it to fold into.
            body.Add(new ConvolutionLayer(Shape(), 6, 5, factory));
            body.Add(new CenteringLayer(Shape(), factory));
            body.Add(new CenteringLayer(Shape(), factory)); // Two to fold into one bias.
            body.Add(new ActivationLayer(Shape(), ActivationFunction.ReLU));
            body.Add(new SpaceToDepthLayer(Shape(), 2)); // 13×11 is not divisible.
            body.Add(new CenteringLayer(Shape(), factory));
            body.Add(new ResidualConvolutionLayer(Shape(), 3, 2, factory));
            body.Add(new ActivationLayer(Shape(), ActivationFunction.MinMax));
            body.Add(new ChannelShiftLayer(Shape(), 3));
            body.Add(new OrthogonalConvolutionLayer(Shape(), 10, factory));
            body.Add(new CenteringLayer(Shape(), factory));
            body.Add(new ActivationLayer(Shape(), ActivationFunction.HalfAbsolute));
            body.Add(new AveragePoolingLayer(Shape(), 3)); // 7×6: a row is dropped.
            body.Add(new CenteringLayer(Shape(), factory)); // After a scaling that is no bias.
            body.Add(new FlattenLayer(Shape()));
            body.Add(new DenseLayer(Shape().Channels, 10, factory));
            body.Add(new CenteringLayer(Shape(), factory));
            body.Add(new ActivationLayer(Shape(), ActivationFunction.MinMax));
            body.Add(new ResidualDenseLayer(10, 1, factory));
            body.Add(new OrthogonalDenseLayer(10, 14, factory));
            body.Add(new ActivationLayer(Shape(), ActivationFunction.ReLU));
            body.Add(new OrthogonalDenseLayer(14, 6, factory));
            body.Add(new CenteringLayer(Shape(), factory));
            using var network = new LipschitzNetwork(input, body, new UnitNormDenseLayer(6, 3, factory));
            AssertAgrees(network, factory);
        }
    }

    [TestMethod]
    public void Condense_EveryLayerAlone_ComputesTheSame()
    {
        foreach (string name in Nets.LayerNames)
        {
            var factory = Nets.Factory(1);
            var (input, layer) = Nets.Layer(name, factory);
            using var scope = torch.NewDisposeScope();
            using (layer)
            {
                Nets.Perturb(layer.Parameters, factory);
                for (int i = 0; i < 3; i++)
                    layer.Forward(Nets.Batch(input, 4, factory), training: true);
                var x = Nets.Batch(input, 3, factory) - 0.5;
                var expected = Nets.Rows(layer.Forward(x, training: false));
                var plain = Wrapped.Network(input, [.. layer.Fold()]);
                foreach (var (row, y) in Nets.Rows(x).Zip(expected))
                {
                    Assert.HasCount(layer.OutputShape.Size, y, name);
                    AssertClose(ReferenceForward.Run(plain, row, plain.Layers.Count - 2), y, 1e-5, name);
                }
            }
        }
    }

    [TestMethod]
    public void Forward_OnTheBatchTheMeansComeFrom_IsTheSameInTrainingAndDeployed()
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        var factory = Nets.Factory(3);
        using var network = Mlp.Create(5, 3, 1, 8, new float[5], 1, factory);
        Nets.Age(network, factory);
        var x = Nets.Batch(network.InputShape, 6, factory);
        var before = network.Forward(x, training: false);
        Assert.IsFalse(
            TorchProcess.Same(before, network.Forward(x, training: true)), "in training it is the batch's mean that is subtracted");

        // Running means converge on the batch's own if there is no other batch.
        for (int i = 0; i < 300; i++)
            network.Forward(x, training: true);
        AssertClose(Values(network.Forward(x, training: true)), Values(network.Forward(x, training: false)), 1e-5, "converged");

        double[] Values(torch.Tensor y) => [.. Nets.Rows(y).SelectMany(v => v)];
    }

    [TestMethod]
    public void Forward_InBFloat16_StaysNearAndGivesFloat32()
    {
        var factory = Nets.Factory(4);
        using var scope = torch.NewDisposeScope();
        using var network = LiResNetLayers.Create(new TensorShape(3, 16, 16), 4, 1, 6, 8, [0.5f, 0.5f, 0.5f], factory);
        Nets.Age(network, factory);
        var x = Nets.Batch(network.InputShape, 4, factory);
        var exact = network.Forward(x, training: false);
        var rough = network.Forward(x, training: false, torch.ScalarType.BFloat16);
        Assert.AreEqual(torch.ScalarType.Float32, rough.dtype);
        AssertClose([.. Nets.Rows(exact).SelectMany(v => v)], [.. Nets.Rows(rough).SelectMany(v => v)], 0.05, "bfloat16");
    }

    private static void AssertAgrees(LipschitzNetwork network, LayerFactory factory)
    {
        using var scope = torch.NewDisposeScope();
        Nets.Age(network, factory);
        var plain = network.Fold();
        var x = Nets.Batch(network.InputShape, 3, factory);
        foreach (var (row, logits) in Nets.Rows(x).Zip(Nets.Rows(network.Forward(x, training: false))))
            AssertClose(ReferenceForward.Run(plain, row), logits, 1e-4, "logits");
        RigorousBound.Compute(plain); // There is a proof for every layer it condensed to.
    }

    private static void AssertClose(double[] expected, double[] actual, double relative, string name) =>
        Assert.IsLessThanOrEqualTo(relative * Nets.Norm(expected), Nets.Distance(expected, actual), name);
}
