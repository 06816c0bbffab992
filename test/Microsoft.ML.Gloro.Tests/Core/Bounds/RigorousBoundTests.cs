using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class RigorousBoundTests
{
    [TestMethod]
    public void Compute_LayersWithoutWeights_HaveTheirExactNorms()
    {
        var image = new TensorShape(2, 7, 5);

        Assert.AreEqual(1.0, Value(image, new DeployedActivation(ActivationFunction.MinMax)));
        Assert.AreEqual(1.0, Value(image, new DeployedActivation(ActivationFunction.ReLU)));
        Assert.AreEqual(1.0, Value(image, new DeployedActivation(ActivationFunction.Absolute)));
        Assert.AreEqual(1.0, Value(image, new DeployedActivation(ActivationFunction.HalfAbsolute)));
        Assert.AreEqual(1.0, Value(image, new DeployedSpaceToDepth(2)));
        Assert.AreEqual(1.0, Value(new TensorShape(5, 4, 3), new DeployedChannelShift(1)));
        Assert.AreEqual(1.0, Value(image, new DeployedFlatten()));
        Assert.AreEqual(0.5, Value(image, new DeployedAveragePooling(2)));
        Assert.IsGreaterThan(1 / 3.0, Value(image, new DeployedAveragePooling(3)));
        Assert.AreEqual(1 / 3.0, Value(image, new DeployedAveragePooling(3)), 1e-15);
        foreach (DeployedLayer layer in new DeployedLayer[]
        {
            new DeployedSpaceToDepth(2), new DeployedAveragePooling(2), new DeployedAveragePooling(3),
        })
            Assert.AreEqual(Explicit.Norm(layer, image), Value(image, layer), 1e-14);
        Assert.AreEqual(1.0, Explicit.Norm(new DeployedChannelShift(1), new TensorShape(5, 4, 3)), 1e-14);
    }

    [TestMethod]
    public void Compute_Scaling_IsTheLargestFactorInSize()
    {
        // Division by a standard deviation of 0.25 is a factor of 4, and counts; subtracting a mean does not.
        Assert.AreEqual(4.0, Value(new TensorShape(3, 4, 4), new DeployedScaling([2, -4, 1], [-7, 100, 0])));
    }

    [TestMethod]
    public void Compute_OnlyTheFinalLayer_IsOne()
    {
        var network = new DeployedNetwork(TensorShape.Vector(3), [Explicit.Dense(2, 3, Explicit.Normal(1, 50))]);

        LipschitzBound bound = RigorousBound.Compute(network);

        Assert.AreEqual(1.0, bound.Value);
        Assert.IsEmpty(bound.Layers);
    }

    [TestMethod]
    public void Compute_Network_NamesEveryLayerButTheFinalAndRoundsTheProductUp()
    {
        DeployedNetwork network = SmallNetworks.Image(seed: 1);

        LipschitzBound bound = RigorousBound.Compute(network);

        CollectionAssert.AreEqual(
            network.Layers.SkipLast(1).Select(layer => layer.Kind).ToArray(), bound.Layers.Select(layer => layer.Kind).ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, bound.Layers.Count).ToArray(), bound.Layers.Select(layer => layer.Index).ToArray());
        Assert.IsTrue(bound.Layers.All(layer => layer.Method.Length > 0));
        Assert.IsTrue(bound.Layers.Aggregate(Exact.Of(1), (product, layer) => product * Exact.Of(layer.Bound)) <= Exact.Of(bound.Value));
        Assert.AreEqual(bound.Layers.Aggregate(1.0, (product, layer) => product * layer.Bound), bound.Value, bound.Value * 1e-14);
        Assert.AreEqual(WeightHash.Compute(network), bound.WeightHash);
    }

    [TestMethod]
    public void Compute_Twice_GivesTheSameBits()
    {
        DeployedNetwork network = Explicit.Network(
            new TensorShape(6, 12, 12), Explicit.Convolution(6, 8, 3, 3, 1, ZeroPadding.All(1), Explicit.Normal(1)));

        Assert.AreEqual(RigorousBound.Compute(network).Value, RigorousBound.Compute(network).Value);
    }

    [TestMethod]
    [DataRow(2.0)]
    [DataRow(3.0)]
    public void Compute_WeightsMovedBetweenLayersManyTimes_StaysTheSame(double factor)
    {
        double expected = Moved(1);
        double c = 1;

        // To the edge of float's normal range: beyond it the moved weights themselves would be rounded.
        while ((c *= factor) < 1e30)
            Assert.AreEqual(expected, Moved(c), expected * (factor == 2 ? 1e-13 : 1e-6));

        double Moved(double scale) => Value(
            TensorShape.Vector(6),
            Explicit.Dense(8, 6, Explicit.Normal(1, scale)),
            new DeployedActivation(ActivationFunction.MinMax),
            Explicit.Dense(7, 8, Explicit.Normal(2, 1 / scale)));
    }

    [TestMethod]
    public void Compute_HugeThenTinyLayers_DoNotOverflowOnTheWay()
    {
        DeployedLayer[] huge = [.. Enumerable.Repeat(Explicit.Dense(1, 1, _ => 1e38f), 10)];
        DeployedLayer[] tiny = [.. Enumerable.Repeat(Explicit.Dense(1, 1, _ => 1e-38f), 10)];
        double expected = Math.Pow(1e38f * (double)1e-38f, 10);

        Assert.AreEqual(expected, Value(TensorShape.Vector(1), [.. huge, .. tiny]), 1e-10);
        Assert.AreEqual(expected, Value(TensorShape.Vector(1), [.. tiny, .. huge]), 1e-10);
        Assert.AreEqual(double.Epsilon, Value(TensorShape.Vector(1), tiny));
    }

    [TestMethod]
    public void Compute_ZeroLayer_IsExactlyZero()
    {
        Assert.AreEqual(
            0.0,
            Value(
                TensorShape.Vector(3),
                Explicit.Dense(3, 3, Explicit.Normal(1)),
                Explicit.Dense(4, 3, _ => 0),
                Explicit.Dense(3, 4, Explicit.Normal(2))));
    }

    [TestMethod]
    public void Compute_ProductOverflows_IsAClearError()
    {
        DeployedLayer[] huge = [.. Enumerable.Repeat(Explicit.Dense(1, 1, _ => float.MaxValue), 9)];

        var error = Assert.ThrowsExactly<ArgumentException>(() => Value(TensorShape.Vector(1), huge));
        StringAssert.Contains(error.Message, "not a finite number");
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void Compute_WeightNotFinite_IsAClearError(float bad)
    {
        DeployedLayer[][] networks =
        [
            [Explicit.Dense(2, 12, at => at == 5 ? bad : 1)],
            [new DeployedDense(new float[24], [0, bad], 12, 2)],
            [Explicit.Convolution(3, 3, 1, 1, 1, default, at => at == 5 ? bad : 1)],
            [new DeployedScaling([1, bad, 1], new float[3])],
            [new DeployedScaling([1, 1, 1], [0, 0, bad])],
        ];
        foreach (DeployedLayer[] layers in networks)
        {
            TensorShape shape = layers[0] is DeployedDense ? TensorShape.Vector(12) : new TensorShape(3, 2, 2);
            var error = Assert.ThrowsExactly<ArgumentException>(() => Value(shape, layers));
            StringAssert.Contains(error.Message, "Layer 0");
        }

        var network = new DeployedNetwork(TensorShape.Vector(2), [Explicit.Dense(2, 2, at => at == 3 ? bad : 1)]);
        Assert.ThrowsExactly<ArgumentException>(() => RigorousBound.Compute(network));
    }

    [TestMethod]
    public void Compute_UnknownLayer_IsAnErrorAndNotOne()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Value(TensorShape.Vector(3), new MysteryLayer()));

        StringAssert.Contains(error.Message, nameof(MysteryLayer));
    }

    [TestMethod]
    public void Compute_EveryLayer_IsReportedBeforeItsBound()
    {
        DeployedNetwork network = SmallNetworks.Image(seed: 1);
        var begun = new List<int>();

        LipschitzBound bound = RigorousBound.Compute(network, begun.Add, CancellationToken.None);

        CollectionAssert.AreEqual(Enumerable.Range(0, bound.Layers.Count).ToArray(), begun);
    }

    [TestMethod]
    public void Compute_Cancelled_Stops()
    {
        DeployedNetwork network = SmallNetworks.Image(seed: 1);

        Assert.ThrowsExactly<OperationCanceledException>(() => RigorousBound.Compute(network, new CancellationToken(canceled: true)));
    }

    [TestMethod]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void LipschitzBound_NotABound_IsRefused(double bad)
    {
        Assert.ThrowsExactly<ArgumentException>(() => new LipschitzBound(bad, [], ""));
        Assert.ThrowsExactly<ArgumentException>(() => new LipschitzBound(1, [new LayerBound(0, "dense", "", bad, 0)], ""));
        Assert.ThrowsExactly<ArgumentException>(() => new LipschitzBound(1, [new LayerBound(0, "dense", "", 1, bad)], ""));
    }

    private static double Value(TensorShape input, params DeployedLayer[] layers) =>
        RigorousBound.Compute(Explicit.Network(input, layers)).Value;

    private sealed class MysteryLayer : DeployedLayer
    {
        public override string Kind => "mystery";

        public override int[][] Numbers => [];

        public override LayerTensor[] Tensors => [];

        public override TensorShape GetOutputShape(TensorShape input) => input;
    }
}
