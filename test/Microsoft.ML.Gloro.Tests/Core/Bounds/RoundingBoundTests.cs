using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// Each term of docs/soundness.md against arithmetic without rounding. What is measured must be positive, or a test would prove nothing.
/// </summary>
[TestClass]
public sealed class RoundingBoundTests
{
    private static readonly SumOrder[] Orders = Enum.GetValues<SumOrder>();

    [TestMethod]
    public void Propagate_EveryKindOfLayer_BoundsSizesAndErrorsOfExactArithmetic()
    {
        for (int seed = 0; seed < 3; seed++)
        {
            CheckLayers(new RandomNetworks(seed).EveryKind(), seed);
            CheckLayers(new RandomNetworks(seed).OtherKinds(), seed);
        }
    }

    [TestMethod]
    public void Propagate_PoolingByThree_CoversTheFactorThatIsNoBinaryFraction()
    {
        var random = new RandomNetworks(4);
        var network = new DeployedNetwork(
            new TensorShape(3, 9, 9), [new DeployedAveragePooling(3), new DeployedFlatten(), random.Dense(27, 4)]);
        CheckLayers(network, 4);
    }

    [TestMethod]
    public void Propagate_DeepChain_CarriesErrorsThroughLaterLayers()
    {
        var random = new RandomNetworks(5);
        DeployedLayer[] body =
        [
            .. Enumerable.Range(0, 12).SelectMany(_ => new DeployedLayer[] { random.Dense(20, 20), RandomNetworks.MinMax }),
        ];
        CheckLayers(new DeployedNetwork(TensorShape.Vector(20), [.. body, random.Dense(20, 3)]), 5);
    }

    [TestMethod]
    [DataRow(1e-44, 1e-3)]
    [DataRow(1e-30, 1e-12)]
    [DataRow(1e12, 1e-5)]
    public void Propagate_TinyAndHugeWeights_StaysABound(double weight, double input)
    {
        var random = new RandomNetworks(6);
        var network = new DeployedNetwork(TensorShape.Vector(8), [
            .. Enumerable.Range(0, 12).Select(i => new DeployedDense(random.Values(64, weight), random.Values(8, weight * input), 8, 8)),
            new DeployedDense(random.Values(24), new float[3], 8, 3)]);
        LipschitzBound bound = RigorousBound.Compute(network);
        var values = RoundingBound.Propagate(network, bound, FloatFormat.Double);
        float[] x = random.Values(8, input);
        var exact = ExactForward.Run(network, x);
        foreach (SumOrder order in Orders)
        {
            double[][] machine = MachineForward.Run(network, x, order);
            for (int i = 0; i < values.Length; i++)
                Assert.IsLessThanOrEqualTo(values[i].Error.At(Norm(x)), Distance(machine[i], exact[i]), $"{order}, layer {i}");
        }
    }

    [TestMethod]
    public void Propagate_SumThatCancels_IsBoundedByTheAbsoluteValues()
    {
        // 1 + 2⁻⁵⁴ + … + 2⁻⁵⁴ − 1 loses every small term in this order: the error is as large as the theory allows for its length, and far
        // above u times the result.
        const int terms = 1000;
        float[] weights = [1, .. Enumerable.Repeat(1f, terms), -1];
        float[] x = [1, .. Enumerable.Repeat((float)Math.ScaleB(1, -54), terms), 1];
        var network = new DeployedNetwork(
            TensorShape.Vector(terms + 2), [new DeployedDense(weights, [0], terms + 2, 1), new DeployedDense([1, -1], [0, 0], 1, 2)]);
        var error = RoundingBound.Propagate(network, RigorousBound.Compute(network), FloatFormat.Double)[1].Error;
        double measured = Distance(MachineForward.Run(network, x, SumOrder.Fused)[1], ExactForward.Run(network, x)[1]);
        Assert.AreEqual(terms * Math.ScaleB(1, -54), measured, 1e-18);
        Assert.IsLessThanOrEqualTo(error.At(Norm(x)), measured);
    }

    [TestMethod]
    public void Compute_MarginError_BoundsMarginsOfTheScorer()
    {
        double worst = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            DeployedNetwork network = seed % 2 == 0 ? new RandomNetworks(seed).EveryKind() : new RandomNetworks(seed).Vector(7, 12, 4);
            RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64);
            using var scorer = new Float64Scorer(network);
            var logits = new float[network.ClassCount];
            foreach (double scale in (double[])[1, 1e-6, 1e6])
            {
                float[] x = new RandomNetworks(100 + seed).Values(network.InputShape.Size, scale);
                scorer.Score(x, 1, logits);
                (Exact[] y, var divisor) = ExactForward.Run(network, x)[^1];
                for (int i = 0; i < logits.Length; i++)
                {
                    for (int j = 0; j < i; j++)
                    {
                        double error = Math.Abs((Exact.Of(logits[i]) - Exact.Of(logits[j])).Over(1) - (y[i] - y[j]).Over(divisor));
                        Assert.IsLessThanOrEqualTo(rounding.Margin.At(rounding.SizeOf(x)), error);
                        worst = Math.Max(worst, error / rounding.Margin.At(rounding.SizeOf(x)));
                    }
                }
            }
        }

        // The rounding of logits to float is by far the largest term, and this one is nearly attained where a logit is near its bound.
        Assert.IsGreaterThan(1e-3, worst);
    }

    [TestMethod]
    public void Compute_SeveralViews_BoundsMarginsOfTheScorer()
    {
        double worst = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            DeployedNetwork network = seed % 2 == 0
                ? new RandomNetworks(seed).Turned()
                : new RandomNetworks(seed).EveryKind().With(GloroImageViews.Mirrored);
            LipschitzBound bound = RigorousBound.Compute(network);
            RoundingBound rounding = RoundingBound.Compute(network, bound, CertificateArithmetic.Float64);
            RoundingBound ofOneView = RoundingBound.Compute(network.With(GloroImageViews.One), bound, CertificateArithmetic.Float64);
            Assert.IsGreaterThan(ofOneView.Margin.Slope, rounding.Margin.Slope);
            Assert.AreEqual(
                ofOneView.Margin.Slope,
                rounding.Margin.Slope,
                1e-6 * ofOneView.Margin.Slope,
                "Adding views rounds in double, far below the rounding to float.");
            using var scorer = new Float64Scorer(network);
            var logits = new float[network.ClassCount];
            float[] x = new RandomNetworks(100 + seed).Values(network.InputShape.Size);
            scorer.Score(x, 1, logits);
            var exact = TurnedImages.Of(network.Views, network.InputShape, x).Select(view => ExactForward.Run(network, view)[^1]).ToArray();
            for (int i = 0; i < logits.Length; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    Exact margin = exact.Select(view => view.Values[i] - view.Values[j]).Aggregate((sum, view) => sum + view);
                    var divisor = exact[0].Divisor * network.ViewCount;
                    double error = Math.Abs((((Exact.Of(logits[i]) - Exact.Of(logits[j])) * new Exact(divisor, 0)) - margin).Over(divisor));
                    Assert.IsLessThanOrEqualTo(rounding.Margin.At(Norm(x)), error);
                    worst = Math.Max(worst, error / rounding.Margin.At(Norm(x)));
                }
            }
        }

        Assert.IsGreaterThan(1e-3, worst);
    }

    [TestMethod]
    public void Compute_RoundingToFloat_IsNearlyAttained()
    {
        // Logits of 1 + 2⁻²⁴ and −1 − 2⁻²⁴, halfway between floats.
        var network = new DeployedNetwork(
            TensorShape.Vector(2), [new DeployedDense([1, 0, 0, 1], [0, 0], 2, 2), new DeployedDense([1, 1, -1, -1], [0, 0], 2, 2)]);
        RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64);
        float[] x = [1, (float)Math.ScaleB(1, -24)];
        using var scorer = new Float64Scorer(network);
        var logits = new float[2];
        scorer.Score(x, 1, logits);
        double error = Math.Abs(logits[0] - (double)logits[1] - (2 * (1 + Math.ScaleB(1, -24))));
        Assert.AreEqual(Math.ScaleB(1, -23), error);
        Assert.IsLessThanOrEqualTo(rounding.Margin.At(Norm(x)), error);
        Assert.IsLessThan(1.6 * error, rounding.Margin.At(Norm(x)));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Compute_RealForImages_BoundsMarginsOfOnnxRuntime(bool withCenter)
    {
        // Sums cut into blocks and whole ones, a first layer that scales and one that does not, several views.
        double worst = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            foreach (DeployedNetwork network in ImageNetworks(seed))
            {
                GloroModel model = TestModels.Create(network, RobustnessGuarantee.Local, 0.1f, isImage: true)
                    .With(CertificateArithmetic.Real);
                RoundingBound rounding = withCenter
                    ? model.Rounding
                    : RoundingBound.Compute(network, model.Bound, CertificateArithmetic.Real);
                Assert.AreEqual(0, rounding.Slope, "Rounding at other inputs is not claimed.");
                using var scorer = new OnnxScorer(network, threads: 1);
                var logits = new float[network.ClassCount];
                for (int row = 0; row < 12; row++)
                {
                    // Nearly gray images, where the bound is smallest, and images of every contrast; black and white in the end.
                    float contrast = MathF.Pow(10, -4 + (row / 2));
                    float[] x = [.. new RandomNetworks((100 * seed) + row).Values(network.InputShape.Size, 0.5)
                        .Select(v => Math.Clamp(0.5f + (v * contrast), 0, 1))];
                    scorer.Score(x, 1, logits);
                    double[] exact = ReferenceForward.Run(network, x); // double: its own errors are far smaller
                    RowError bound = rounding.ErrorAt(rounding.SizeOf(x));
                    for (int i = 1; i < logits.Length; i++)
                    {
                        double error = Math.Abs((double)logits[i] - logits[0] - (exact[i] - exact[0]));
                        double allowed = bound.Margin + (bound.Displacement * model.Constants[i, 0]);
                        Assert.IsLessThanOrEqualTo(allowed, error);
                        worst = Math.Max(worst, error / allowed);
                    }
                }
            }
        }

        Assert.IsGreaterThan(1e-3, worst);
    }

    [TestMethod]
    public void Compute_RealForImages_ACenterMakesTheBoundSmaller()
    {
        // Large biases, whose product with the next layers' bounds is far above what these layers make of them.
        DeployedNetwork network = ImageNetworks(1)[0];
        LipschitzBound bound = RigorousBound.Compute(network);
        float[] x = [.. Enumerable.Repeat(0.4f, network.InputShape.Size)];
        double ErrorWith(Func<DeployedNetwork, int, float, double[]>? center)
        {
            var rounding = RoundingBound.Compute(network, bound, CertificateArithmetic.Real, center);
            return rounding.ErrorAt(rounding.SizeOf(x)).Margin;
        }

        Assert.IsLessThan(0.9 * ErrorWith(null), ErrorWith(CenterNorms.Compute));
    }

    [TestMethod]
    public void Of_CutSums_CountEveryTermBlockAndBias()
    {
        var random = new RandomNetworks(2);
        DeployedConvolution cut = random.Convolution(96, 4, 3, 3, 1, ZeroPadding.All(1));
        DeployedConvolution whole = random.Convolution(15, 4, 3, 3, 1, default);
        var shape = new TensorShape(4, 5, 5);
        Assert.AreEqual((6, 1), (SumBlocks.Of(cut), SumBlocks.Of(whole)));
        Assert.AreEqual((16 * 9) + 2 + 6, LinearLayerNorms.Of(cut, shape, FloatFormat.Single)!.Value.Roundings);
        Assert.AreEqual((96 * 9) + 2, LinearLayerNorms.Of(cut, shape, FloatFormat.Double)!.Value.Roundings);
        Assert.AreEqual((15 * 9) + 2, LinearLayerNorms.Of(whole, shape, FloatFormat.Single)!.Value.Roundings);
        foreach ((int inputs, int blocks) in new[] { (768, 3), (256, 1), (257, 1) })
            Assert.AreEqual(blocks, SumBlocks.Of(random.Dense(inputs, 2)));
    }

    [TestMethod]
    public void Compute_CenterNorms_AreThoseOfTheReference()
    {
        foreach (DeployedNetwork network in ImageNetworks(3))
        {
            for (int first = 0; first < 2; first++)
            {
                double[] norms = CenterNorms.Compute(network, first, 0.5f);
                double[] values = [.. Enumerable.Repeat(0.5, network.Shapes[first].Size)];
                for (int i = 0; i < norms.Length; i++)
                {
                    double expected = Math.Sqrt(values.Sum(v => v * v));
                    Assert.AreEqual(expected, norms[i], 1e-9 * expected);
                    values = ReferenceForward.Apply(network.Layers[first + i], network.Shapes[first + i], values);
                }
            }
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1000)]
    [DataRow(4e6)]
    public void Compute_RealForVectors_BoundsMarginsOfOnnxRuntime(double offset)
    {
        double worst = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            var random = new RandomNetworks(seed);
            var scaling = new DeployedScaling(random.Values(30, 2), random.Values(30, 2 * offset));
            DeployedLayer[] dense =
                [random.Dense(30, 40), RandomNetworks.MinMax, random.Dense(40, 40), RandomNetworks.ReLU, random.Dense(40, 5)];
            var network = new DeployedNetwork(TensorShape.Vector(30), [scaling, .. dense]);
            LipschitzBound lipschitz = RigorousBound.Compute(network);
            RoundingBound rounding = RoundingBound.Compute(network, lipschitz, CertificateArithmetic.Real, CenterNorms.Compute);
            MarginConstants constants = MarginLipschitz.Compute(network, lipschitz, 0);
            Assert.AreEqual(0, rounding.Slope, "Rounding at other inputs is not claimed.");
            using var scorer = new OnnxScorer(network);
            var logits = new float[network.ClassCount];
            for (int row = 0; row < 50; row++)
            {
                // The shift takes the offset away again, up to the spread.
                float[] x = [.. random.Values(30).Select((v, i) => (float)(v - (scaling.Shift[i] / scaling.Scale[i])))];
                scorer.Score(x, 1, logits);
                (Exact[] y, var divisor) = ExactForward.Run(network, x)[^1];
                for (int i = 1; i < logits.Length; i++)
                {
                    double error = Math.Abs((Exact.Of(logits[i]) - Exact.Of(logits[0])).Over(1) - (y[i] - y[0]).Over(divisor));
                    RowError bound = rounding.ErrorAt(rounding.SizeOf(x));
                    double allowed = bound.Margin + (bound.Displacement * constants[i, 0]);
                    Assert.IsLessThanOrEqualTo(allowed, error);
                    worst = Math.Max(worst, error / allowed);
                }
            }
        }

        Assert.IsGreaterThan(1e-4, worst);
    }

    [TestMethod]
    public void SizeOf_FactorBelowTheNormalFloats_IsTheNormOfTheInput()
    {
        // A machine that reads the factor as zero errs by an amount that grows with the feature.
        DeployedLayer[] layers = [new DeployedScaling([1, 1e-40f], [-1, 0]), new RandomNetworks(1).Dense(2, 2)];
        var network = new DeployedNetwork(TensorShape.Vector(2), layers);
        RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Real);
        Assert.AreEqual(Norm([1, 1e10f]), rounding.SizeOf([1, 1e10f]));
    }

    [TestMethod]
    public void SizeOf_ScaledFeatures_IsAtLeastTheirExactNormAndNear()
    {
        var random = new RandomNetworks(3);
        DeployedNetwork network = random.Vector(inputs: 9);
        RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64);
        for (int row = 0; row < 100; row++)
        {
            float[] x = random.Values(9, Math.Pow(10, row % 9));
            Exact squares = ExactForward.Run(network, x)[1].Values.Select(v => v * v).Aggregate((sum, v) => sum + v);
            double size = rounding.SizeOf(x);
            Assert.IsTrue(squares <= Exact.Of(size) * Exact.Of(size));
            Assert.AreEqual(Math.Sqrt(squares.Over(1)), size, 1e-12 * size);
        }
    }

    [TestMethod]
    public void Compute_ScalesMovedBetweenLayers_HardlyMatter()
    {
        var random = new RandomNetworks(7);
        float[] first = random.Values(36), second = random.Values(36);
        double Offset(float factor)
        {
            var network = new DeployedNetwork(TensorShape.Vector(6), [
                new DeployedDense([.. first.Select(w => w * factor)], new float[6], 6, 6),
                new DeployedDense([.. second.Select(w => w / factor)], new float[6], 6, 6),
                new DeployedDense([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], [0, 0], 6, 2)]);
            return RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64).ErrorAt(1).Margin;
        }

        Assert.AreEqual(Offset(1), Offset((float)Math.ScaleB(1, 100)), Offset(1) * 1e-6);
    }

    [TestMethod]
    public void LargestNorm_ReachedByAnInput_OverflowsNothing()
    {
        // κ = 2^200: in float this would overflow within; in double all is well until the logits themselves do.
        float large = (float)Math.ScaleB(1, 100);
        var network = new DeployedNetwork(TensorShape.Vector(1), [
            new DeployedDense([large], [0], 1, 1), new DeployedDense([large], [0], 1, 1), new DeployedDense([1 / large], [0], 1, 1),
            new DeployedDense([1 / large], [0], 1, 1),
            new DeployedDense([1, -1], [0, 0], 1, 2)]);
        RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64);
        Assert.IsGreaterThan(1e29, rounding.LargestNorm);
        using var scorer = new Float64Scorer(network);
        var logits = new float[2];
        scorer.Score(new[] { (float)rounding.LargestNorm }, 1, logits);
        Assert.IsTrue(logits.All(float.IsFinite));
        Assert.IsLessThan(1e29, RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Real).LargestNorm);
    }

    [TestMethod]
    public void UpperBound_OfAbsoluteWeights_IsAboveTheTrueNorm()
    {
        var random = new RandomNetworks(8);
        foreach ((int stride, ZeroPadding padding) in new[] { (1, ZeroPadding.All(1)), (2, new ZeroPadding(0, 1, 2, 1)), (3, default) })
        {
            DeployedConvolution layer = random.Convolution(3, 4, 3, 2, stride, padding);
            var absolute = new DeployedConvolution([.. layer.Kernel.Select(MathF.Abs)], layer.Bias, 3, 4, 3, 2, stride, padding);
            var shape = new TensorShape(3, 6, 5);
            double truth = Explicit.Norm(absolute, shape);
            double most = 4 * truth;
            foreach (FloatFormat format in new[] { FloatFormat.Double, FloatFormat.Single })
            {
                LinearLayerNorms norms = LinearLayerNorms.Of(layer, layer.GetOutputShape(shape), format)!.Value;
                Assert.IsGreaterThanOrEqualTo(truth, norms.AbsoluteNorm);
                Assert.IsLessThan(most, norms.AbsoluteNorm);
                most = norms.AbsoluteNorm; // more steps, a smaller bound
            }
        }
    }

    [TestMethod]
    public void UpperBound_ManySteps_ReachesTheNormOfADenseLayer()
    {
        var random = new RandomNetworks(9);
        float[] weights = [.. random.Values(60).Select(v => v < -0.6f ? 0 : v)]; // some rows and columns are small
        var absolute = new DeployedDense([.. weights.Select(MathF.Abs)], new float[6], 10, 6);
        double truth = Explicit.Norm(absolute, TensorShape.Vector(10));
        double near = AbsoluteNorm.UpperBound(weights, 6, 10, 1, steps: 12), far = AbsoluteNorm.UpperBound(weights, 6, 10, 1);
        Assert.IsGreaterThanOrEqualTo(truth * (1 - 1e-12), near); // the truth is itself rounded
        Assert.IsLessThan(1.001 * truth, near);
        Assert.IsLessThan(far, near);
    }

    private static DeployedNetwork[] ImageNetworks(int seed)
    {
        var random = new RandomNetworks(seed);
        DeployedLayer[] body =
        [
            random.Convolution(3, 64, 3, 3, 1, ZeroPadding.All(1)), new DeployedConvolution(
                random.Values(64 * 32 * 9, 0.06), random.Values(32, 2), 64, 32, 3, 3, 2, ZeroPadding.All(1)),
            RandomNetworks.MinMax, new DeployedFlatten(), random.Dense(32 * 4 * 4, 20), RandomNetworks.MinMax, random.Dense(20, 5),
        ];
        var shape = new TensorShape(3, 8, 8);
        var scaling = new DeployedScaling([2, 1, 1.5f], [-0.8f, -0.4f, -0.6f]);
        return
        [
            new DeployedNetwork(shape, [scaling, .. body]), new DeployedNetwork(shape, body),
            new DeployedNetwork(shape, body, GloroImageViews.MirroredAndTurned), random.EveryKind(), random.OtherKinds(),
        ];
    }

    private static void CheckLayers(DeployedNetwork network, int seed)
    {
        var values = RoundingBound.Propagate(network, RigorousBound.Compute(network), FloatFormat.Double);
        float[] x = new RandomNetworks(50 + seed).Values(network.InputShape.Size);
        double norm = Norm(x);
        var exact = ExactForward.Run(network, x);
        foreach (SumOrder order in Orders)
        {
            double[][] machine = MachineForward.Run(network, x, order);
            for (int i = 0; i < values.Length; i++)
            {
                double size = Math.Sqrt(exact[i].Values.Sum(v => Math.Pow(v.Over(exact[i].Divisor), 2)));
                double error = Distance(machine[i], exact[i]);
                Assert.IsLessThanOrEqualTo(values[i].Size.At(norm) * (1 + 1e-12), size, $"{order}, values into layer {i}");
                Assert.IsLessThanOrEqualTo(values[i].Error.At(norm), error, $"{order}, error of values into layer {i}");
            }

            Assert.IsGreaterThan(0, Distance(machine[^2], exact[^2]), "Nothing was rounded: the test would hold for any bound.");
        }
    }

    private static double Norm(float[] x) => LinearLayerNorms.Norm(x);

    private static double Distance(double[] machine, (Exact[] Values, System.Numerics.BigInteger Divisor) exact)
    {
        double squares = 0;
        var divisor = new Exact(exact.Divisor, 0);
        for (int i = 0; i < machine.Length; i++)
            squares += Math.Pow(((Exact.Of(machine[i]) * divisor) - exact.Values[i]).Over(exact.Divisor), 2);
        return Math.Sqrt(squares);
    }
}
