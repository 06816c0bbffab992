using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Traps;

/// <summary>
/// Flaws that certified-robustness code has had in its Lipschitz bounds, each as a network on which it would certify what is false.
/// </summary>
[TestClass]
public sealed class BoundTrapTests
{
    // Convolution bounds by the Fourier transform (Sedghi, Gupta, Long, 2019) are of circular convolutions; several libraries use them for
    // zero-padded ones with N = n, where they are no bound.
    [TestMethod]
    public void ZeroPadding_KernelOnWhichTheCircleIsSmaller_IsBoundedForZeros()
    {
        DeployedConvolution layer =
            Explicit.Convolution(3, 3, 1, 3, 1, new ZeroPadding(0, 1, 0, 1), at => at / 3 % 4 == 0 ? 1 - (at % 3) : 0);
        DeployedNetwork network = LinearTruth.WorstCase(new TensorShape(3, 1, 6), layer);

        GloroModel model = LinearTruth.AssertNoMarginIsSteeper(network, sharpness: 1.12);

        Assert.IsGreaterThan(1.802 / 1.7321, model.Bound.Value / Explicit.CircularNorm(layer, 1, 6));
    }

    // Strides are often bounded as if they were 1 and then divided by the stride, or with the padding on the wrong side of the blocks.
    [TestMethod]
    [DataRow(2, 2, 0)]
    [DataRow(4, 2, 1)]
    [DataRow(4, 3, 1)]
    [DataRow(2, 3, 1)]
    public void StridedEvenKernel_SteepestMargin_IsWithinTheConstant(int kernel, int stride, int padding)
    {
        DeployedConvolution layer = Explicit.Convolution(3, 4, kernel, kernel, stride, ZeroPadding.All(padding), Explicit.Normal(kernel));

        LinearTruth.AssertNoMarginIsSteeper(LinearTruth.WorstCase(new TensorShape(3, 7, 8), layer), sharpness: 1.3);
    }

    // Code that is only ever run on square images takes one side for both.
    [TestMethod]
    [DataRow(2, 11)]
    [DataRow(11, 2)]
    public void ImageThatIsNotSquare_SteepestMargin_IsWithinTheConstant(int height, int width)
    {
        // Differences along the longer side: on a circle as short as the other side their norm would be 1.73 instead of 1.93.
        int step = width > height ? 1 : 3;
        DeployedConvolution layer = Explicit.Convolution(
            3, 3, 3, 3, 1, ZeroPadding.All(1), at => at / 9 % 4 == 0 ? (at % 9 == 4 - step ? 1 : at % 9 == 4 + step ? -1 : 0) : 0);

        LinearTruth.AssertNoMarginIsSteeper(LinearTruth.WorstCase(new TensorShape(3, height, width), layer), sharpness: 1.05);
    }

    // Published radii have been off by 1/std because the normalization of the input was not counted: ε is in pixels, and the network that
    // was bounded began behind it.
    [TestMethod]
    public void NormalizedInput_CountsWithTheSmallestDeviation()
    {
        float[] deviation = [0.25f, 0.2f, 0.5f];
        var scaling = new DeployedScaling(Array.ConvertAll(deviation, std => 1 / std), [-2, -2.5f, -1]);
        DeployedConvolution isometry = Explicit.Convolution(3, 3, 1, 1, 1, default, at => at % 4 == 0 ? 1 : 0);

        GloroModel model =
            LinearTruth.AssertNoMarginIsSteeper(LinearTruth.WorstCase(new TensorShape(3, 2, 3), scaling, isometry), sharpness: 1.0001);

        Assert.AreEqual(5, model.Bound.Value, 5e-4);
    }

    // Power iteration from a constant start never finds a singular vector that is orthogonal to it: the "norm" is 0 and every radius
    // infinite. So it is with a few steps of any start from below.
    [TestMethod]
    public void RankOneLayer_StartOrthogonalToTheSingularVector_IsBoundedAndAttained()
    {
        DeployedDense rankOne = Explicit.Dense(6, 6, at => (at / 6 == 2 ? 3 : 0) * (at % 6 == 0 ? 1 : at % 6 == 1 ? -1 : 0));
        DeployedNetwork network = LinearTruth.WorstCase(TensorShape.Vector(6), rankOne);

        GloroModel model = LinearTruth.AssertNoMarginIsSteeper(network, sharpness: 1.0001);

        Assert.AreEqual(Math.Sqrt(18), model.Bound.Layers[0].Attained, 1e-3);
        ScoredRow row = LinearTruth.AssertNoRadiusIsTooLarge(network, [1, 0.5f, 0, 0, 0, 0]).Single();
        Assert.IsGreaterThan(0, row.CertifiedRadius);
    }

    // An additive 10⁻¹² under a root or in a denominator, or a flush of denormals, makes a layer of the smallest floats a layer of zeros;
    // what follows may be as large as it likes.
    [TestMethod]
    public void SmallestFloats_BeforeALargeLayer_StillBoundTheMargin()
    {
        Func<int, double> normal = Explicit.Normal(5);
        DeployedDense smallest = Explicit.Dense(6, 6, at => normal(at) > 0 ? float.Epsilon : -float.Epsilon),
            large = Explicit.Dense(6, 6, at => at % 7 == 0 ? 1e38 : 0);
        var final = new DeployedDense([.. Enumerable.Range(0, 12).Select(i => ((i % 5) - 2) * 1e7f)], [0, 0.001f], 6, 2);
        var network = new DeployedNetwork(TensorShape.Vector(6), [smallest, large, final]);

        GloroModel model = LinearTruth.AssertNoMarginIsSteeper(network, sharpness: 10);

        Assert.IsGreaterThan(0, model.Bound.Value);
        Assert.IsLessThan(1e-3, model.Bound.Slack);
        LinearTruth.AssertNoRadiusIsTooLarge(network, [1, 2, 3, 4, 5, 6], [-1, 0, 0, 2, 0, 0.5f], [0, 0, 0, 0, 0, 0]);
    }

    // The function stays the same when one layer's weights are doubled and the next one's halved; a bound, or a training penalty, that does
    // not see that has been exploited to fake robustness.
    [TestMethod]
    public void WeightsMovedBetweenLayersHundredTimes_BoundAndRadiiStayTheSame()
    {
        float[][] inputs = [.. VectorRow.Random(20, scale: 2).Select(row => row.Features)];
        (double expectedBound, float[] expected) = Certify(0);
        Assert.IsGreaterThan(5, expected.Count(radius => radius > 0));
        foreach (int doublings in new[] { 1, 37, 100 })
        {
            (double bound, float[] radii) = Certify(doublings);
            Assert.AreEqual(expectedBound, bound, expectedBound * 1e-12);
            for (int i = 0; i < radii.Length; i++)
                Assert.AreEqual(expected[i], radii[i], expected[i] * 1e-5f, $"after {doublings} doublings");
        }

        (double, float[]) Certify(int doublings)
        {
            // From 2⁻⁵⁰ to 2⁵⁰, so that no value on the way is near the end of floats.
            float up = MathF.ScaleB(1, doublings - 50), down = MathF.ScaleB(1, 50 - doublings);
            DeployedDense first = Explicit.Dense(8, 6, Explicit.Normal(1, up)), second = Explicit.Dense(8, 8, Explicit.Normal(2, down));
            var network =
                new DeployedNetwork(TensorShape.Vector(6), [first, new DeployedActivation(ActivationFunction.MinMax), second,
                new DeployedActivation(ActivationFunction.MinMax), Explicit.Dense(5, 8, Explicit.Normal(3))]);
            GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0.01f, isImage: false);
            using var transformer = TestModels.Transformer(model);
            return (model.Bound.Value,
                [.. ScoredRow.All(transformer.Transform(VectorRow.View(inputs.Select(x => new VectorRow { Features = x }))))
                .Select(row => row.CertifiedRadius)]);
        }
    }

    // 0/0: a bound of 0 is right for a layer of zeros, and dividing by it must not certify a tie.
    [TestMethod]
    [DataRow(0f, 0f, false)]
    [DataRow(0.5f, 0f, true)]
    public void LayerOfZeros_CertifiesTheBiasesAndNoTie(float one, float other, bool certified)
    {
        var network = new DeployedNetwork(
            TensorShape.Vector(6), [Explicit.Dense(4, 6, _ => 0), new DeployedDense([1, 2, 3, 4, -1, -2, -3, -4], [one, other], 4, 2)]);

        List<ScoredRow> rows = LinearTruth.AssertNoRadiusIsTooLarge(network, [0, 0, 0, 0, 0, 0], [1, -2, 3, -4, 5, -6]);

        Assert.IsTrue(rows.All(row => row.CertifiedRadius > 0 == certified && !float.IsNaN(row.CertifiedRadius)));
        Assert.AreEqual(0.0, RigorousBound.Compute(network).Value);
    }

    // A bound that was computed before the last step of the optimizer, or before weights were rounded, is a bound of another network.
    [TestMethod]
    public void BoundTakenBeforeTheLastUpdate_IsRefused()
    {
        GloroModel model = TestModels.Vector();
        var first = (DeployedDense)model.Network.Layers[0];
        float[] weights = [.. first.Weights];
        weights[3] = MathF.BitIncrement(weights[3]);
        var updated = new DeployedNetwork(model.Network.InputShape,
            [new DeployedDense(weights, first.Bias, first.Inputs, first.Outputs), .. model.Network.Layers.Skip(1)]);

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => new GloroModel(updated, model.Bound, model.ClassNames, model.Guarantee, model.Epsilon, isImage: false));

        StringAssert.Contains(error.Message, "proved for other weights");
    }
}
