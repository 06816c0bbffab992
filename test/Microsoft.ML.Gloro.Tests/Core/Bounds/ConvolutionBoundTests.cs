using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

[TestClass]
public sealed class ConvolutionBoundTests
{
    private const double SvdError = 1e-13;

    [TestMethod]
    public void Compute_DifferenceKernelWithZeroPadding_IsAboveTheTruthWhereTheCircleOfNIsNot()
    {
        DeployedConvolution layer = Explicit.Convolution(1, 1, 1, 3, 1, new ZeroPadding(0, 1, 0, 1), at => 1 - at);
        var shape = new TensorShape(1, 1, 6);

        double truth = Explicit.Norm(layer, shape), wrong = Explicit.CircularNorm(layer, 1, 6), bound = Bound(layer, shape);

        Assert.AreEqual(1.802, truth, 1e-3);
        Assert.AreEqual(1.732, wrong, 1e-3);
        Assert.IsGreaterThanOrEqualTo(truth, bound);
        Assert.IsLessThanOrEqualTo(Explicit.CircularNorm(layer, 1, 7) * 1.00002, bound);
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 3)]
    [DataRow(3, 2)]
    public void Compute_RandomGeometries_AreAboveTheZeroPaddedTruthAndNearTheCircle(int inputs, int outputs)
    {
        int circles = 0;
        var random = new Random((10 * inputs) + outputs);
        for (int trial = 0; trial < 100; trial++)
        {
            int high = random.Next(1, 7), wide = random.Next(1, 7), kernelHigh = random.Next(1, 6), kernelWide = random.Next(1, 6);
            int stride = random.Next(1, 4);
            var padding = new ZeroPadding(random.Next(0, 3), random.Next(0, 3), random.Next(0, 3), random.Next(0, 3));
            if (high + padding.Top + padding.Bottom < kernelHigh || wide + padding.Left + padding.Right < kernelWide)
                continue;

            DeployedConvolution layer = Explicit.Convolution(
                inputs, outputs, kernelHigh, kernelWide, stride, padding, Explicit.Normal(trial));
            var shape = new TensorShape(inputs, high, wide);
            circles += AssertBetween(layer, shape, $"{outputs}×{inputs}×{kernelHigh}×{kernelWide}, stride {stride}, {padding} on {shape}")
                ? 1
                : 0;
        }

        Assert.IsGreaterThan(30, circles);
    }

    [TestMethod]
    [DataRow(7, 6, 3, 1, 1)]
    [DataRow(8, 8, 3, 2, 1)]
    [DataRow(9, 9, 2, 2, 0)]
    [DataRow(9, 9, 4, 3, 1)]
    [DataRow(5, 6, 5, 1, 2)]
    public void Compute_TypicalGeometries_AreAboveTheZeroPaddedTruthAndNearTheCircle(
        int high, int wide, int kernel, int stride, int padding)
    {
        DeployedConvolution layer = Explicit.Convolution(3, 4, kernel, kernel, stride, ZeroPadding.All(padding), Explicit.Normal(5));

        Assert.IsTrue(AssertBetween(layer, new TensorShape(3, high, wide), "typical"));
    }

    [TestMethod]
    public void Compute_HighFrequencyKernels_AreAboveTheTruth()
    {
        // Alternating signs put the largest norm at the highest frequency, smooth ones at the lowest; random kernels rarely do either.
        foreach (int size in new[] { 5, 6, 7 })
        {
            foreach (int sign in new[] { 1, -1 })
            {
                DeployedConvolution layer = Explicit.Convolution(
                    1, 1, 3, 3, 1, ZeroPadding.All(1), at => Math.Pow(sign, at) / (1 + Math.Abs(at - 4)));
                AssertBetween(layer, new TensorShape(1, size, size), $"{sign} on {size}");
            }
        }
    }

    [TestMethod]
    public void Compute_SmoothKernelWithZeroPadding_IsTheNormOfThePaddedLayer()
    {
        // [1, 2, 1] on n pixels is a tridiagonal matrix with the norm 2 + 2 cos(π/(n + 1)), and its product with itself in two dimensions
        // has the square. A circle alone has 16.
        DeployedConvolution layer = Explicit.Convolution(
            1, 1, 3, 3, 1, ZeroPadding.All(1), at => (2 - Math.Abs((at % 3) - 1)) * (2 - Math.Abs((at / 3) - 1)));
        foreach (int size in new[] { 2, 5, 8, 32 })
        {
            double truth = Math.Pow(2 + (2 * Math.Cos(Math.PI / (size + 1))), 2);
            AssertNear(truth, Bound(layer, new TensorShape(1, size, size)), 1e-5);
        }
    }

    [TestMethod]
    public void Compute_OnOnePixel_CountsOnlyTheTapsThatSeeIt()
    {
        DeployedConvolution layer = Explicit.Convolution(3, 4, 3, 3, 1, ZeroPadding.All(1), Explicit.Normal(2));
        var shape = new TensorShape(3, 1, 1);

        AssertNear(Explicit.Norm(layer, shape), Bound(layer, shape), 2e-5);
    }

    [TestMethod]
    public void Compute_OneByOneAndPatches_AreSharp()
    {
        foreach ((int kernel, int stride, int size) in new[] { (1, 1, 5), (1, 2, 5), (2, 2, 6), (3, 3, 7), (2, 3, 7) })
        {
            DeployedConvolution layer = Explicit.Convolution(4, 6, kernel, kernel, stride, default, Explicit.Normal(kernel));
            var shape = new TensorShape(4, size, size);
            AssertNear(Explicit.Norm(layer, shape), Bound(layer, shape), 2e-5);
        }
    }

    [TestMethod]
    public void Compute_NearIdentityKernel_IsSharpAndAboveOne()
    {
        // As in a LiResNet block: all frequencies have about the same norm, and the spectrum of each is one cluster.
        Func<int, double> normal = Explicit.Normal(4, 1e-3);
        DeployedConvolution layer = Explicit.Convolution(
            5, 5, 3, 3, 1, ZeroPadding.All(1), at => (at / 45 == at / 9 % 5 && at % 9 == 4 ? 1 : 0) + normal(at));

        Assert.IsTrue(AssertBetween(layer, new TensorShape(5, 5, 4), "near identity"));
    }

    [TestMethod]
    public void Compute_ZeroKernelOrOnlyPaddingSeen_IsExactlyZero()
    {
        Assert.AreEqual(0.0, Bound(Explicit.Convolution(2, 2, 3, 3, 1, ZeroPadding.All(1), _ => 0), new TensorShape(2, 5, 5)));

        // Stride 9 leaves one output, whose kernel lies in the padding.
        DeployedConvolution aside = Explicit.Convolution(1, 1, 2, 2, 9, new ZeroPadding(4, 4, 0, 0), _ => 1);
        Assert.AreEqual(0, Explicit.Norm(aside, new TensorShape(1, 3, 3)));
        Assert.AreEqual(0.0, Bound(aside, new TensorShape(1, 3, 3)));
    }

    [TestMethod]
    public void Compute_DenormalAndHugeKernels_ScaleTheBound()
    {
        var shape = new TensorShape(1, 5, 5);
        double one = Bound(Signs(1), shape);

        Assert.AreEqual(one * float.Epsilon, Bound(Signs(float.Epsilon), shape), float.Epsilon * 1e-9);
        Assert.AreEqual(one, Bound(Signs(float.MaxValue), shape) / float.MaxValue, 1e-9);

        static DeployedConvolution Signs(double unit) =>
            Explicit.Convolution(1, 1, 3, 3, 1, ZeroPadding.All(1), at => ((at % 3) - 1) * unit);
    }

    [TestMethod]
    [DataRow(6, 3, 1, 1, 6, 7)]
    [DataRow(16, 3, 1, 1, 16, 17)]
    [DataRow(16, 5, 1, 2, 16, 18)]
    [DataRow(16, 4, 1, 1, 15, 17)]
    [DataRow(16, 1, 1, 0, 16, 1)]
    [DataRow(16, 4, 4, 0, 4, 1)]
    [DataRow(16, 3, 2, 1, 8, 9)]
    [DataRow(1, 3, 1, 1, 1, 1)]
    [DataRow(5, 1, 1, 2, 9, 1)]
    public void TapRange_KnownGeometries_HaveTheSmallestValidPeriod(
        int pixels, int kernel, int stride, int padding, int outputs, int period)
    {
        Assert.AreEqual(period, TapRange.Create(pixels, kernel, stride, padding, outputs).Period);
    }

    /// <summary>
    /// Truth ≤ bound ≤ bound of the circles always, and that ≤ 1.00002 × the smallest circular norm where no tap was left out. Returns
    /// whether the latter was looked at.
    /// </summary>
    private static bool AssertBetween(DeployedConvolution layer, TensorShape shape, string what)
    {
        double truth = Explicit.Norm(layer, shape), lowered = Bound(layer, shape);
        double bound = ConvolutionTaps.Of(layer, shape) is { } taps ? SpectralNorm.UpperBound(taps, default) : 0;
        Assert.IsGreaterThanOrEqualTo(truth * (1 - SvdError), lowered, what);
        Assert.IsGreaterThanOrEqualTo(lowered, bound, what);

        // All pixels are looked at down to an eighth below the circle.
        Assert.IsLessThanOrEqualTo(Math.Max(truth, bound * Math.Sqrt(0.75)) * 1.001, lowered, what);

        TensorShape output = layer.GetOutputShape(shape);
        var high = TapRange.Create(shape.Height, layer.KernelHeight, layer.Stride, layer.Padding.Top, output.Height);
        var wide = TapRange.Create(shape.Width, layer.KernelWidth, layer.Stride, layer.Padding.Left, output.Width);
        if (high.First * layer.Stride > -layer.Padding.Top || wide.First * layer.Stride > -layer.Padding.Left
            || (high.Last + 1) * layer.Stride + layer.Padding.Top < layer.KernelHeight
                || (wide.Last + 1) * layer.Stride + layer.Padding.Left < layer.KernelWidth)
            return false;
        double circle = SmallestCircle(layer, high, wide);
        Assert.IsLessThanOrEqualTo(circle * 1.00002, bound, what);

        // No frequency may be forgotten, also where zero padding keeps the truth well below the circle's norm.
        if (high.Count > 1 && wide.Count > 1)
            Assert.IsGreaterThanOrEqualTo(circle * (1 - SvdError), bound, what);
        return true;
    }

    // With every choice of the seams' signs. A single block tap has N = 1, but the test's torus wants to know where the kernel lies in the
    // block: any larger circle has the same norm.
    private static double SmallestCircle(DeployedConvolution layer, TapRange high, TapRange wide) =>
        new[] { (1, 1), (1, -1), (-1, 1), (-1, -1) }.Min(signs =>
            Explicit.CircularNorm(layer, Math.Max(high.Period, 2), Math.Max(wide.Period, 2), signs.Item1, signs.Item2));

    private static void AssertNear(double truth, double bound, double tolerance)
    {
        Assert.IsGreaterThanOrEqualTo(truth * (1 - SvdError), bound);
        Assert.IsLessThanOrEqualTo(truth * (1 + tolerance), bound);
    }

    private static double Bound(DeployedConvolution layer, TensorShape shape) =>
        RigorousBound.Compute(Explicit.Network(shape, layer)).Value;
}
