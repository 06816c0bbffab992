using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>What is said to be attained must be attained (never above the truth), and nearly all that is.</summary>
[TestClass]
public sealed class AttainedNormTests
{
    private const double SvdError = 1e-12;

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 3)]
    [DataRow(5, 2)]
    public void LowerBound_RandomGeometries_IsTheNormWithStrideAndRealZeros(int inputs, int outputs)
    {
        var random = new Random((10 * inputs) + outputs);
        int count = 0;
        for (int trial = 0; trial < 60; trial++)
        {
            int high = random.Next(1, 7), wide = random.Next(1, 7), kernelHigh = random.Next(1, 6), kernelWide = random.Next(1, 6);
            int stride = random.Next(1, 4);
            var padding = new ZeroPadding(random.Next(0, 3), random.Next(0, 3), random.Next(0, 3), random.Next(0, 3));
            if (high + padding.Top + padding.Bottom < kernelHigh || wide + padding.Left + padding.Right < kernelWide)
                continue;

            DeployedConvolution layer = Explicit.Convolution(
                inputs, outputs, kernelHigh, kernelWide, stride, padding, Explicit.Normal(trial));
            AssertAttained(
                layer,
                new TensorShape(inputs, high, wide),
                $"{outputs}×{inputs}×{kernelHigh}×{kernelWide}, stride {stride}, {padding} on {inputs}×{high}×{wide}");
            count++;
        }

        Assert.IsGreaterThan(25, count);
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(1, 7)]
    [DataRow(7, 1)]
    [DataRow(30, 20)]
    [DataRow(20, 30)]
    [DataRow(64, 64)]
    [DataRow(10, 300)]
    public void LowerBound_RandomMatrix_IsItsNorm(int outputs, int inputs)
    {
        for (int seed = 0; seed < 3; seed++)
            AssertAttained(Explicit.Dense(outputs, inputs, Explicit.Normal(seed)), TensorShape.Vector(inputs), $"seed {seed}");
    }

    [TestMethod]
    public void LowerBound_SingularVectorOrthogonalToNaturalStarts_IsFound()
    {
        // Rank one with the singular vector (1, −1, 0, …), to which the constant and most unit vectors are orthogonal; then as a kernel,
        // orthogonal to every smooth image.
        AssertAttained(
            Explicit.Dense(6, 8, at => (at / 8 == 2 ? 3.0 : 0) * (at % 8 == 0 ? 1 : at % 8 == 1 ? -1 : 0)),
            TensorShape.Vector(8),
            "rank one");
        AssertAttained(Explicit.Convolution(1, 1, 2, 2, 2, default, at => at is 0 or 3 ? 1 : -1), new TensorShape(1, 6, 6), "checkerboard");

        // Two blocks; the smaller norm is where the larger entry is.
        AssertAttained(Explicit.Dense(3, 3, at => new double[] { 2, 0, 0, 0, 1.5, 1.5, 0, 1.5, 1.5 }[at]), TensorShape.Vector(3), "blocks");
    }

    [TestMethod]
    public void LowerBound_ClusteredSingularValues_IsNearTheLargest()
    {
        for (int spread = 0; spread < 4; spread++)
        {
            double step = Math.Pow(10, -spread);
            AssertAttained(
                Explicit.Dense(40, 40, at => at % 41 == 0 ? 1 - (step * (at / 41) / 40) : 0), TensorShape.Vector(40), $"spread {step}");
        }
    }

    [TestMethod]
    [DataRow(1e-45)]
    [DataRow(1e-30)]
    [DataRow(3.4028235e38)]
    public void LowerBound_ExtremeWeights_ScaleExactly(double size)
    {
        float unit = (float)size;
        LayerBound signs = Bound(Explicit.Dense(9, 9, at => (at * 7 % 3) - 1), TensorShape.Vector(9));
        LayerBound scaled = Bound(Explicit.Dense(9, 9, at => ((at * 7 % 3) - 1) * (double)unit), TensorShape.Vector(9));

        Assert.AreEqual((double)unit, scaled.Attained / signs.Attained, unit * 1e-9);
        Assert.IsLessThan(1e-4, scaled.Slack);
    }

    [TestMethod]
    public void LowerBound_HugeBesideDenormal_IsTheHuge() =>
        Assert.AreEqual(
            float.MaxValue,
            Bound(Explicit.Dense(2, 2, at => at == 0 ? float.MaxValue : at == 3 ? float.Epsilon : 0), TensorShape.Vector(2)).Attained,
            float.MaxValue * 1e-9);

    [TestMethod]
    public void LowerBound_Zero_IsZeroWithoutSlack()
    {
        LayerBound zero = Bound(Explicit.Dense(4, 5, _ => 0), TensorShape.Vector(5));
        LayerBound aside = Bound(Explicit.Convolution(1, 1, 2, 2, 9, new ZeroPadding(4, 4, 0, 0), _ => 1), new TensorShape(1, 3, 3));

        Assert.AreEqual((0.0, 0.0), (zero.Attained, zero.Slack));
        Assert.AreEqual((0.0, 0.0), (aside.Attained, aside.Slack));
        Assert.AreEqual(double.PositiveInfinity, (zero with { Bound = 1 }).Slack);
    }

    [TestMethod]
    public void Apply_InStripsOfAnySize_IsTheSameMapAndItsTranspose()
    {
        DeployedConvolution layer = Explicit.Convolution(3, 5, 3, 2, 2, new ZeroPadding(1, 2, 0, 1), Explicit.Normal(1));
        var shape = new TensorShape(3, 9, 7);
        double[]? expected = null;
        foreach (int patchValues in new[] { 1 << 22, 200, 1 })
        {
            var map = new PatchMap(layer, shape, patchValues);
            double[] x = [.. Enumerable.Range(0, map.Inputs).Select(i => Math.Sin(i))];
            double[] y = [.. Enumerable.Range(0, map.Outputs).Select(i => i % 8 < 5 ? Math.Cos(i) : 0)];
            double[] image = new double[map.Outputs], preimage = new double[map.Inputs];
            map.Apply(x, image);
            map.ApplyTransposed(y, preimage);

            CollectionAssert.AreEqual(expected ??= image, image);
            Assert.AreEqual(DoubleVectors.Dot(image, y), DoubleVectors.Dot(x, preimage), 1e-12);
            Assert.IsGreaterThan(0.1, Math.Abs(DoubleVectors.Dot(image, y)));
        }
    }

    [TestMethod]
    public void Compute_NetworkLikeALiResNet_HasLittleSlackAndTheSameBitsTwice()
    {
        DeployedNetwork network = SmallNetworks.LiResNet();

        LipschitzBound bound = RigorousBound.Compute(network);

        Assert.IsTrue(bound.Layers.All(layer => layer.Attained <= layer.Bound && layer.Slack >= 0));
        Assert.IsLessThan(0.02, bound.Slack);
        Assert.AreEqual(bound.Layers.Aggregate(1.0, (product, layer) => product * (layer.Bound / layer.Attained)) - 1, bound.Slack, 1e-12);
        CollectionAssert.AreEqual(bound.Layers.ToArray(), RigorousBound.Compute(network).Layers.ToArray());
    }

    [TestMethod]
    public void LowerBound_DifferenceKernelWithZeroPadding_IsAboveTheCircleOfN()
    {
        // On a circle of 6 the norm would be 1.732: a "bound" that this input breaks.
        double attained = Bound(
            Explicit.Convolution(1, 1, 1, 3, 1, new ZeroPadding(0, 1, 0, 1), at => 1 - at), new TensorShape(1, 1, 6)).Attained;

        Assert.AreEqual(1.8019, attained, 1e-4);
    }

    private static void AssertAttained(DeployedLayer layer, TensorShape shape, string what)
    {
        double truth = Explicit.Norm(layer, shape);
        LayerBound found = Bound(layer, shape);
        Assert.IsLessThanOrEqualTo(truth * (1 + SvdError), found.Attained, what);
        Assert.IsGreaterThanOrEqualTo(truth * (1 - 1e-3), found.Attained, what);
        Assert.IsLessThanOrEqualTo(found.Bound, found.Attained, what);
    }

    private static LayerBound Bound(DeployedLayer layer, TensorShape shape) =>
        RigorousBound.Compute(Explicit.Network(shape, layer)).Layers[0];
}
