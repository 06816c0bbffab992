using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Training trains on the constant that will be proved: the estimate comes near it from below.</summary>
[TestClass]
public sealed class KappaTests
{
    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(16, 16, 2)]
    [DataRow(33, 48, 1)]
    public void EstimateKappa_ConvergedOnLiResNet_IsJustBelowTheProvedOne(int height, int width, int depth)
    {
        var factory = Nets.Factory(height);
        using var network = LiResNetLayers.Create(new TensorShape(3, height, width), 4, depth, 6, 8, [0.5f, 0.4f, 0.3f], factory);
        AssertJustBelow(network, factory);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void EstimateKappa_ConvergedOnMlp_IsJustBelowTheProvedOne(int depth)
    {
        var factory = Nets.Factory(depth);
        using var network = Mlp.Create(9, 4, depth, 14, new float[9], 2.5f, factory);
        AssertJustBelow(network, factory);
    }

    [TestMethod]
    [DataRow(16, 12)]
    [DataRow(7, 5)]
    public void EstimateKappa_ConvergedOn2C2F_IsJustBelowTheProvedOne(int height, int width)
    {
        var factory = Nets.Factory(width);
        using var network = NetworkBuilder.Build(
            new TensorShape(3, height, width), 4, ConvNet.Layers(GloroArchitecture.Conv2C2F), [0.5f, 0.4f, 0.3f], 1, factory);
        AssertJustBelow(network, factory);
    }

    [TestMethod]
    public void EstimateKappa_NetworkWithNothingToEstimate_IsOneAndAScalar()
    {
        using var scope = torch.NewDisposeScope();
        var shape = TensorShape.Vector(4);
        using var network = new LipschitzNetwork(
            shape, [new ActivationLayer(shape, ActivationFunction.ReLU)], new UnitNormDenseLayer(4, 3, Nets.Factory(1)));
        var kappa = network.EstimateKappa(3);
        Assert.AreEqual(0, kappa.dim());
        Assert.AreEqual(1f, kappa.item<float>());
    }

    private static void AssertJustBelow(LipschitzNetwork network, LayerFactory factory)
    {
        using var scope = torch.NewDisposeScope();
        Nets.Age(network, factory);
        double estimate = network.EstimateKappa(200).item<float>();

        // A layer that is orthogonal by construction counts as 1 in training, and its proof finds a little less.
        var plain = network.Fold();
        double circles = 1;
        foreach (var bound in RigorousBound.Compute(plain).Layers)
            circles *= plain.InputShape.IsVector || bound.Kind != "dense" ? Nets.OnCircle(plain, bound) : Math.Max(1, bound.Bound);
        Assert.IsLessThanOrEqualTo(circles * 1.00001, estimate);
        Assert.IsGreaterThanOrEqualTo(circles / 1.02, estimate);
    }
}
