using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;
using TorchSharp;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// Every trainable layer keeps the Lipschitz constant it declares, measured by pairs of inputs driven apart by gradient ascent.
/// </summary>
[TestClass]
public sealed class LayerLipschitzTests
{
    private const int Pairs = 24;

    [ClassInitialize]
    public static void Load(TestContext _) => TorchProcess.Prepare();

    [TestMethod]
    public void EstimateNorm_EveryLayer_IsReachedByNoPair()
    {
        foreach (string name in Nets.LayerNames)
        {
            using var scope = torch.NewDisposeScope();
            var factory = Nets.Factory(5);
            var (input, layer) = Nets.Layer(name, factory);
            using (layer)
            {
                Nets.Perturb(layer.Parameters, factory, 0.3);
                layer.Forward(Nets.Batch(input, 4, factory), training: true);
                double declared = layer.EstimateNorm(400)?.item<float>() ?? 1;
                var plain = Wrapped.Network(input, [.. layer.Fold()]);
                LipschitzBound bound = RigorousBound.Compute(plain);
                double proved = bound.Value, circles = bound.Layers.Aggregate(1.0, (product, one) => product * Nets.OnCircle(plain, one));
                var (x, z) = Ascend(layer, input, factory);
                double before = Quotients(x, z, Nets.Rows(layer.Forward(x, false)), Nets.Rows(layer.Forward(z, false))).Max();
                double after = Quotients(x, z, Deploy(plain, x), Deploy(plain, z)).Max();

                Assert.IsLessThanOrEqualTo(declared * 1.0005, before, name);
                Assert.IsLessThanOrEqualTo(proved * 1.00001, before, name);
                Assert.IsLessThanOrEqualTo(declared * 1.0005, after, name);
                Assert.IsLessThanOrEqualTo(proved * (1 + 1e-12), after, name); // The quotient itself is rounded.

                // No figure is idle: what is declared is the norm on circles, what is proved is not above it, and pairs come near the
                // truth, which zero padding makes smaller.
                Assert.AreEqual(circles, declared, 0.002 * circles, name);
                Assert.IsLessThanOrEqualTo(circles * 1.00001, proved, name);
                double truth = plain.Layers[0] is DeployedConvolution or DeployedDense ? Explicit.Norm(plain.Layers[0], input) : proved;
                Assert.IsGreaterThan(0.95 * truth, after, name);
            }
        }
    }

    [TestMethod]
    public void EstimateNorm_TwoStepsThenTwoMore_GoesOnWhereItWasAndNeverFalls()
    {
        using var scope = torch.NewDisposeScope();
        var factory = Nets.Factory(6);
        using var layer = new DenseLayer(40, 30, factory);
        Nets.Perturb(layer.Parameters, factory, 0.5);
        double last = layer.EstimateNorm(0)!.item<float>();
        for (int i = 0; i < 20; i++)
        {
            double next = layer.EstimateNorm(2)!.item<float>();
            Assert.IsGreaterThanOrEqualTo(last * 0.99999, next);
            last = next;
        }

        double proved = RigorousBound.Compute(Wrapped.Network(TensorShape.Vector(40), [.. layer.Fold()])).Value;
        Assert.AreEqual(proved, last, 0.01 * proved);
    }

    [TestMethod]
    public void EstimateNorm_WeightsWereZeroForAWhile_FindsTheNormAgain()
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        using var layer = new DenseLayer(8, 5, Nets.Factory(8));
        var weight = layer.Parameters.First();
        weight.mul_(0);
        Assert.AreEqual(0f, layer.EstimateNorm(5)!.item<float>());
        weight[1, 2] = 3;
        Assert.AreEqual(3f, layer.EstimateNorm(50)!.item<float>(), 1e-4f);
    }

    [TestMethod]
    public void EstimateNorm_Gradient_IsThatOfTheNorm()
    {
        foreach (string name in new[]
        {
            "dense", "residual dense", "convolution", "residual convolution", "strided convolution", "strided convolution of few pixels",
        })
        {
            using var scope = torch.NewDisposeScope();
            var factory = Nets.Factory(7);
            var (input, layer) = Nets.Layer(name, factory);
            using (layer)
            {
                Nets.Perturb(layer.Parameters, factory, 0.3);
                layer.EstimateNorm(500)!.backward();
                foreach (var parameter in layer.Parameters.Where(p => p.grad is not null))
                {
                    var direction = torch.randn(parameter.shape, generator: factory.Generator) * 0.01;
                    double expected = (Shifted(layer, parameter, direction) - Shifted(layer, parameter, -direction)) / 2;
                    double actual = (parameter.grad! * direction).sum().item<float>();
                    Assert.AreEqual(expected, actual, (0.03 * Math.Abs(expected)) + 1e-5, name);
                }
            }
        }
    }

    private static double Shifted(TrainableLayer layer, torch.Tensor parameter, torch.Tensor by)
    {
        using var _ = torch.no_grad();
        parameter.add_(by);
        double norm = layer.EstimateNorm(500)!.item<float>();
        parameter.sub_(by);
        return norm;
    }

    // Pairs start close together, so that piecewise linear layers have something to find, and climb the logarithm of their quotient.
    private static (torch.Tensor X, torch.Tensor Z) Ascend(TrainableLayer layer, TensorShape input, LayerFactory factory)
    {
        var x = (torch.randn(Nets.Sizes(input, Pairs), generator: factory.Generator) * 2).requires_grad_(true);
        var z = (x.detach() + torch.randn(x.shape, generator: factory.Generator)).requires_grad_(true);
        for (int step = 0; step < 60; step++)
        {
            using var scope = torch.NewDisposeScope();
            var apart = (layer.Forward(x, false) - layer.Forward(z, false)).flatten(1).norm(1);
            var distance = (x - z).flatten(1).norm(1);
            var climb = torch.autograd.grad([((apart + 1e-12).log() - distance.log()).sum()], [x, z]);
            using var _ = torch.no_grad();

            // In units of the distance: where the layer is linear this is a step of power iteration on x − z.
            var unit = distance.square().reshape([Pairs, .. Enumerable.Repeat(1L, (int)x.dim() - 1)]) * 0.5;
            x.add_(climb[0] * unit);
            z.add_(climb[1] * unit);
        }

        return (x.detach(), z.detach());
    }

    private static double[][] Deploy(DeployedNetwork network, torch.Tensor x) =>
        [.. Nets.Rows(x).Select(row => ReferenceForward.Run(network, row, network.Layers.Count - 2))];

    private static IEnumerable<double> Quotients(torch.Tensor x, torch.Tensor z, double[][] y, double[][] w)
    {
        var (a, b) = (Nets.Rows(x), Nets.Rows(z));
        return Enumerable.Range(0, Pairs).Select(i => Nets.Distance(y[i], w[i]) / Nets.Distance(a[i], b[i]));
    }
}
