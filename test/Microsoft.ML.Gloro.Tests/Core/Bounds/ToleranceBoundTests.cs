using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>The bounds of u ↦ f(x + D·u), with D the tolerances, against matrices and points written down.</summary>
[TestClass]
public sealed class ToleranceBoundTests
{
    [TestMethod]
    public void Compute_FirstDenseLayer_BoundsTheNormOfItsProductWithScalingAndTolerances()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            DeployedNetwork network = Network(seed);
            LipschitzBound bound = RigorousBound.Compute(network);
            double norm = JacobiSvd.Largest(Product((DeployedDense)network.Layers[1], network));

            Assert.AreEqual(1, bound.Layers[0].Bound, "the scaling is counted with the dense layer");
            Assert.IsGreaterThanOrEqualTo(norm * (1 - 1e-12), bound.Layers[1].Bound, $"seed {seed}");
            Assert.IsLessThanOrEqualTo(norm * (1 + 1e-4), bound.Layers[1].Bound, $"seed {seed}");
            Assert.IsLessThanOrEqualTo(norm * (1 + 1e-12), bound.Layers[1].Attained, $"seed {seed}");
            Assert.IsGreaterThanOrEqualTo(norm * (1 - 1e-2), bound.Layers[1].Attained, $"seed {seed}");
            Assert.IsGreaterThanOrEqualTo(bound.Layers[1].Bound * bound.Layers[3].Bound, bound.Value);
        }
    }

    [TestMethod]
    public void Compute_FeatureThatCannotChange_CostsNothing()
    {
        // Its weights are a thousand times the others', which a product of bounds would count.
        float[] weights = [1, 1000, 0, 1, -1000, 1], tolerances = [1, 0, 0.5f];
        var network = new DeployedNetwork(
            TensorShape.Vector(3), [new DeployedDense(weights, [0, 0], 3, 2), new DeployedDense([1, -1, -1, 1], [0, 0], 2, 2)],
            tolerances: tolerances);

        double norm = JacobiSvd.Largest([[1, 1], [0, 0.5]]);

        Assert.AreEqual(norm, RigorousBound.Compute(network).Value, norm * 1e-4);
    }

    [TestMethod]
    public void Compute_ToleranceOfOneEverywhere_IsTheBoundWithoutTolerances()
    {
        DeployedDense dense = new RandomNetworks(3).Dense(5, 4), final = new RandomNetworks(4).Dense(4, 3);
        var plain = new DeployedNetwork(TensorShape.Vector(5), [dense, final]);
        DeployedNetwork counted = plain.WithTolerances([1, 1, 1, 1, 1]);

        Assert.AreEqual(RigorousBound.Compute(plain).Value, RigorousBound.Compute(counted).Value, 1e-4);
        Assert.AreNotEqual(WeightHash.Compute(plain), WeightHash.Compute(counted));
        Assert.AreEqual(WeightHash.Compute(plain), WeightHash.Compute(counted.WithTolerances(null)));
    }

    [TestMethod]
    public void WeightHash_AnyToleranceChanged_Differs()
    {
        DeployedNetwork network = Network(1);
        var hashes = new HashSet<string> { WeightHash.Compute(network), WeightHash.Compute(network.WithTolerances(null)) };
        for (int i = 0; i < network.InputShape.Size; i++)
        {
            float[] changed = [.. network.Metric!.Tolerances];
            changed[i] = MathF.BitIncrement(changed[i]);
            Assert.IsTrue(hashes.Add(WeightHash.Compute(network.WithTolerances(changed))), $"feature {i}");
        }
    }

    [TestMethod]
    public void MarginLipschitz_BoundOfOtherTolerances_IsRefused()
    {
        DeployedNetwork network = Network(2);
        LipschitzBound bound = RigorousBound.Compute(network);

        float[] doubled = [.. network.Metric!.Tolerances.Select(t => 2 * t)];
        foreach (float[]? other in (float[]?[])[null, doubled])
            Assert.ThrowsExactly<ArgumentException>(() => MarginLipschitz.Compute(network.WithTolerances(other), bound));
    }

    [TestMethod]
    [DataRow(1e-30f, 1e-30f)]
    [DataRow(1e30f, 1e-30f)]
    [DataRow(1e30f, 1e30f)]
    [DataRow(1e-44f, 1)]
    public void Compute_TinyAndHugeTolerancesAndScales_StaysSharp(float tolerance, float scale)
    {
        var network = new DeployedNetwork(
            TensorShape.Vector(2),
            [
                new DeployedScaling([scale, scale], [0, 0]), new DeployedDense([3, 0, 0, 2], [0, 0], 2, 2),
                new DeployedDense([1, 0, 0, 1], [0, 0], 2, 2),
            ],
            tolerances: [tolerance, tolerance]);
        double expected = 3.0 * tolerance * scale;

        LipschitzBound bound = RigorousBound.Compute(network);

        Assert.IsGreaterThanOrEqualTo(expected, bound.Value);
        Assert.IsLessThanOrEqualTo(expected * (1 + 1e-4), bound.Value);
        Assert.IsGreaterThanOrEqualTo(expected * (1 - 1e-3), bound.Layers[1].Attained);
    }

    [TestMethod]
    public void RoundingBound_PointWithinTheEllipsoid_GrowsAtMostWithTheSlope()
    {
        double largest = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            DeployedNetwork network = Network(seed);
            RoundingBound rounding = RoundingBound.Compute(network, RigorousBound.Compute(network), CertificateArithmetic.Float64);
            var random = new RandomNetworks(500 + seed);
            for (int point = 0; point < 20; point++)
            {
                float[] x = random.Values(network.InputShape.Size, 3), u = random.Values(network.InputShape.Size, point % 2 == 0 ? 1 : 100);
                float[] changed = [.. x.Select((value, i) => value + (u[i] * network.Metric!.Tolerances[i]))];
                double distance = Math.Sqrt(changed.Select((value, i) =>
                    network.Metric!.Tolerances[i] is > 0 and var t ? Math.Pow(((double)value - x[i]) / t, 2) : 0).Sum());
                double here = rounding.Margin.At(rounding.SizeOf(x)), grown = rounding.Margin.At(rounding.SizeOf(changed)) - here;

                Assert.IsLessThanOrEqualTo((rounding.Slope * distance) + (1e-9 * here), grown, $"seed {seed}");
                largest = Math.Max(largest, grown / (rounding.Slope * distance));
            }
        }

        Assert.IsGreaterThan(0.3, largest, "a slope that is never needed would prove nothing");
    }

    [TestMethod]
    public void RoundingBound_Tolerances_BoundsTheScorersError()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            DeployedNetwork network = Network(seed);
            LipschitzBound bound = RigorousBound.Compute(network);
            float[] x = new RandomNetworks(900 + seed).Values(network.InputShape.Size, 5);
            var values = RoundingBound.Propagate(network, bound, FloatFormat.Double);
            double[][] machine = MachineForward.Run(network, x, SumOrder.Fused);
            var exact = ExactForward.Run(network, x);
            for (int i = 0; i < values.Length; i++)
            {
                double norm = LinearLayerNorms.Norm(x), size = Math.Sqrt(machine[i].Sum(value => value * value));
                Assert.IsLessThanOrEqualTo(values[i].Size.At(norm) * (1 + 1e-12), size, $"seed {seed}, layer {i}");
                Assert.IsLessThanOrEqualTo(values[i].Error.At(norm), ErrorOf(machine[i], exact[i]), $"seed {seed}, layer {i}");
            }
        }
    }

    [TestMethod]
    public void DeployedNetwork_TolerancesThatCannotBe_AreRefusedWithTheReason()
    {
        DeployedDense dense = new RandomNetworks(1).Dense(2, 2), final = new RandomNetworks(2).Dense(2, 2);

        Refused("2 features", dense, [1, 1, 1]);
        Refused("feature 1 must be a finite number, 0 or more, not -1", dense, [1, -1]);
        Refused("feature 0 must be a finite number, 0 or more, not NaN", dense, [float.NaN, 1]);
        Refused("not Infinity", dense, [float.PositiveInfinity, 1]);
        Refused("All tolerances are 0", dense, [0, 0]);
        Refused("'minmax'", RandomNetworks.MinMax, [1, 1]);
        string both = Refused("feature 0", dense, [-2, float.NaN]);
        StringAssert.Contains(both, "feature 1", "all faults at once");

        string Refused(string reason, DeployedLayer first, float[] tolerances)
        {
            string message = Assert.ThrowsExactly<ArgumentException>(
                () => new DeployedNetwork(TensorShape.Vector(2), [first, dense, final], tolerances: tolerances)).Message;
            StringAssert.Contains(message, reason);
            return message;
        }
    }

    [TestMethod]
    public void DeployedNetwork_ImagesOrProductsBeyondTheRange_AreRefused()
    {
        DeployedNetwork images = new RandomNetworks(1).EveryKind();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => images.WithTolerances([1])).Message, "images");

        DeployedLayer tiny = new DeployedScaling([1e-40f], [0]);
        foreach (int count in (int[])[3, 9]) // 10⁻³⁶⁰ is 0 in double, and no tolerance of 0
        {
            DeployedLayer[] layers = [.. Enumerable.Repeat(tiny, count), new DeployedDense([1, -1], [0, 0], 1, 2)];
            string message = Assert.ThrowsExactly<ArgumentException>(
                () => new DeployedNetwork(TensorShape.Vector(1), layers, tolerances: [1])).Message;
            StringAssert.Contains(message, "another unit");
        }
    }

    // Scaling, dense, MinMax, dense, dense: features in very different units, some of which cannot change.
    internal static DeployedNetwork Network(int seed)
    {
        var random = new RandomNetworks(seed);
        int inputs = 2 + (seed % 6), hidden = 2 * (1 + (seed % 5));
        float[] tolerances =
            [.. random.Values(inputs).Select((value, i) => (i + seed) % 3 == 2 && inputs > 2 ? 0 : MathF.Pow(10, 3 * value))];
        return new DeployedNetwork(
            TensorShape.Vector(inputs),
            [
                new DeployedScaling([.. random.Values(inputs).Select(value => MathF.Pow(10, -2 * value))], random.Values(inputs)),
                random.Dense(inputs, hidden), RandomNetworks.MinMax, random.Dense(hidden, 6), random.Dense(6, 3),
            ],
            tolerances: tolerances);
    }

    private static double[][] Product(DeployedDense dense, DeployedNetwork network)
    {
        var scaling = (DeployedScaling)network.Layers[0];
        return [.. Enumerable.Range(0, dense.Inputs).Select(i => Enumerable.Range(0, dense.Outputs)
            .Select(o => (double)dense.Row(o)[i] * scaling.Scale[i] * network.Metric!.Tolerances[i]).ToArray())];
    }

    private static double ErrorOf(double[] machine, (Exact[] Values, System.Numerics.BigInteger Divisor) exact)
    {
        var divisor = new Exact(exact.Divisor, 0);
        return Math.Sqrt(
            machine.Select((value, i) => Math.Pow(((Exact.Of(value) * divisor) - exact.Values[i]).Over(exact.Divisor), 2)).Sum());
    }
}
