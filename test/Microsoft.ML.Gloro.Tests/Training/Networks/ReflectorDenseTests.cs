using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>The block reflector I − 2V(VᵀV + λI)⁻¹Vᵀ, against singular values in double precision.</summary>
[TestClass]
public sealed class ReflectorDenseTests
{
    private const double Regularization = 1e-4;

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    [DataRow(24, 24, 1)]
    [DataRow(24, 24, 12)]
    [DataRow(24, 10, 6)]
    [DataRow(24, 10, 12)]
    [DataRow(10, 24, 5)]
    public void Fold_RandomWeightsOfAnySize_IsSemiOrthogonal(int inputs, int outputs, int rank)
    {
        foreach (double size in new[] { 1e-4, 0.3, 100 })
        {
            using var scope = NewDisposeScope();
            var factory = Nets.Factory(rank);
            using var layer = new ReflectorDenseLayer(inputs, outputs, rank, factory);
            Nets.Perturb(layer.Parameters, factory, size);
            double[] singular = Values(linalg.svdvals(Deployed(layer)));
            Assert.HasCount(Math.Min(inputs, outputs), singular);
            Assert.IsLessThanOrEqualTo(1 + 1e-6, singular[0]);

            // |σ² − λ|/(σ² + λ) ≥ 1 − 2λ/σ², and no random V has a σ² below a hundredth of the mean that λ is relative to.
            Assert.IsGreaterThan(1 - (200 * Regularization), singular[^1]);
        }
    }

    [TestMethod]
    public void Fold_NewSquareLayer_NearlyTurnsTheFirstValuesOver()
    {
        using var scope = NewDisposeScope();
        using var layer = new ReflectorDenseLayer(24, 24, 6, Nets.Factory(1));
        var signs = diag(cat([-ones(6), ones(18)]));
        AssertNear(signs, Deployed(layer), 0.25);
        Assert.IsGreaterThan(0.01, (signs - Deployed(layer)).abs().max().item<double>(), "Layers of one network differ.");
    }

    [TestMethod]
    public void Forward_VectorInTheRangeOfV_IsReflectedAndOneOrthogonalToItIsKept()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var factory = Nets.Factory(3);
        using var layer = new ReflectorDenseLayer(20, 20, 6, factory);
        Nets.Perturb(layer.Parameters.Take(1), factory, 0.2);
        var v = layer.Parameters.First();
        var inRange = v.matmul(randn([6, 4], generator: factory.Generator)).t();
        var any = randn([4, 20], generator: factory.Generator);
        var orthogonal = any - any.matmul(v).matmul(linalg.inv(v.t().matmul(v))).matmul(v.t());
        AssertNear(-inRange, layer.Forward(inRange, false), 2e-3);
        AssertNear(orthogonal, layer.Forward(orthogonal, false), 1e-5);
    }

    [TestMethod]
    [DataRow(16, 16, 8)]
    [DataRow(40, 12, 20)]
    [DataRow(12, 40, 20)]
    [DataRow(8, 1024, 256)]
    public void Fold_IllConditionedWeights_IsTheExactMatrixWithSingularValuesUpToOne(int inputs, int outputs, int rank)
    {
        // Singular values that fall to 10⁻⁶ of the largest, equal columns, columns of zeros, and columns that differ in the last bits.
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var factory = Nets.Factory(inputs);
        using var layer = new ReflectorDenseLayer(inputs, outputs, rank, factory);
        var v = layer.Parameters.First();
        var first = v.clone();
        var falling = logspace(0, -6, rank);
        var mixing = linalg.qr(randn([rank, rank], generator: factory.Generator)).Q;
        foreach (var weights in new[]
        {
            (first * falling).matmul(mixing), first * falling, first[.., ..1].expand(-1, rank), first * (falling > 0.1),
            first[.., ..1] + (1e-6 * first), 1e-15 * first, 1e15 * first,
        })
        {
            v.copy_(weights);
            var deployed = Deployed(layer);
            AssertNear(Exact(v, inputs, outputs), deployed, 1e-3);

            // What training relies on; certificates use the proved bound, which holds whatever the rounding did.
            double largest = Values(linalg.svdvals(deployed))[0];
            Assert.IsLessThanOrEqualTo(1 + 2e-6, largest);
            double proved = RigorousBound.Compute(Wrapped.Network(TensorShape.Vector(inputs), [.. layer.Fold()])).Value;
            Assert.IsGreaterThanOrEqualTo(largest * (1 - 1e-12), proved);
        }
    }

    [TestMethod]
    public void Forward_WeightsThatOverflowOrVanish_GivesNaNAndDoesNotThrow()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var (inputs, outputs) in new[] { (9, 5), (9, 9), (5, 9) })
        {
            foreach (float factor in new[] { 1e30f, float.PositiveInfinity, float.NaN, 0f })
            {
                using var layer = new ReflectorDenseLayer(inputs, outputs, 3, Nets.Factory(2));
                layer.Parameters.First().mul_(factor);
                Assert.IsTrue(layer.Forward(ones(2, inputs), true).isnan().any().item<bool>(), $"{factor}");
                Assert.IsTrue(layer.Matrix()!.isnan().any().item<bool>(), $"{factor}");
            }
        }
    }

    [TestMethod]
    [DataRow(12, 12, 5)]
    [DataRow(12, 7, 5)]
    [DataRow(7, 12, 5)]
    public void Forward_Gradient_IsThatOfFiniteDifferences(int inputs, int outputs, int rank)
    {
        using var scope = NewDisposeScope();
        var factory = Nets.Factory(4);
        using var layer = new ReflectorDenseLayer(inputs, outputs, rank, factory);
        Nets.Perturb(layer.Parameters, factory, 0.2);
        var x = randn([3, inputs], generator: factory.Generator).requires_grad_();
        var weights = randn([3, outputs], generator: factory.Generator);
        (layer.Forward(x, true) * weights).sum().backward();
        foreach (var tensor in layer.Parameters.Append(x))
        {
            var direction = randn(tensor.shape, generator: factory.Generator) * 0.005;
            double expected = (Shifted(tensor, direction) - Shifted(tensor, -direction)) / 2;
            double actual = (tensor.grad! * direction).sum().item<float>();
            Assert.AreEqual(expected, actual, (0.01 * Math.Abs(expected)) + 1e-5);
        }

        double Shifted(Tensor tensor, Tensor by)
        {
            using var _ = no_grad();
            tensor.add_(by);
            double sum = (layer.Forward(x, true) * weights).sum().item<float>();
            tensor.sub_(by);
            return sum;
        }
    }

    [TestMethod]
    public void Forward_GradientSteps_FindAnotherReflector()
    {
        using var scope = NewDisposeScope();
        var factory = Nets.Factory(6);
        using var wanted = new ReflectorDenseLayer(10, 10, 3, factory);
        using var layer = new ReflectorDenseLayer(10, 10, 3, factory);
        var target = wanted.Matrix()!.detach();
        using var optimizer = optim.Adam(layer.Parameters, lr: 0.02);
        double before = Loss().item<float>();
        for (int step = 0; step < 300; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            Loss().backward();
            optimizer.step();
        }

        Assert.IsLessThan(0.001 * before, Loss().item<float>());

        Tensor Loss() => (layer.Matrix()! - target).square().sum();
    }

    // In double: with V = UΣQᵀ the matrix is I − 2U·Σ²/(Σ² + λ)·Uᵀ.
    private static Tensor Exact(Tensor v, int inputs, int outputs)
    {
        var (u, sigma, _) = linalg.svd(v.to(ScalarType.Float64), fullMatrices: false);
        var squares = sigma.square();
        var share = squares / (squares + (squares.mean() * Regularization));
        return (eye(v.shape[0], dtype: ScalarType.Float64) - (2 * (u * share).matmul(u.t())))[..outputs, ..inputs];
    }

    private static Tensor Deployed(ReflectorDenseLayer layer)
    {
        var dense = (DeployedDense)layer.Fold().Single();
        return tensor(dense.Weights, [dense.Outputs, dense.Inputs]).to(ScalarType.Float64);
    }

    private static double[] Values(Tensor tensor) => tensor.data<double>().ToArray();

    private static void AssertNear(Tensor expected, Tensor actual, double tolerance) =>
        Assert.IsLessThan(tolerance, (expected - actual).abs().max().to(ScalarType.Float64).item<double>());
}
