using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>The plausibility check of a stored bound must never refuse a true one, and should come near it.</summary>
[TestClass]
public sealed class NormFromBelowTests
{
    [TestMethod]
    public void Of_RandomConvolutions_DoesNotExceedTheTrueNorm()
    {
        var random = new Random(6);
        for (int i = 0; i < 40; i++)
        {
            var networks = new RandomNetworks(i);
            var shape = new TensorShape(random.Next(1, 4), random.Next(1, 8), random.Next(1, 8));
            var padding = new ZeroPadding(random.Next(3), random.Next(3), random.Next(3), random.Next(3));
            int height = Math.Min(random.Next(1, 5), shape.Height + padding.Top + padding.Bottom);
            int width = Math.Min(random.Next(1, 5), shape.Width + padding.Left + padding.Right);
            DeployedConvolution layer = networks.Convolution(shape.Channels, random.Next(1, 4), height, width, random.Next(1, 4), padding);

            double norm = TrueNorm(layer, shape);
            double found = NormFromBelow.Of(layer, shape);

            Assert.IsLessThanOrEqualTo(
                norm * (1 + 1e-6),
                found,
                $"case {i}: {layer.OutChannels}×{layer.InChannels}×{height}×{width}, stride {layer.Stride}, {padding} on {shape}");
        }
    }

    [TestMethod]
    public void Of_IdentityLikeConvolution_IsNearTheTrueNorm()
    {
        // What trained residual layers look like: the identity and something small.
        DeployedConvolution small = new RandomNetworks(8).Convolution(6, 6, 3, 3, 1, ZeroPadding.All(1));
        float[] kernel = Array.ConvertAll(small.Kernel, w => 0.2f * w);
        for (int i = 0; i < 6; i++)
            kernel[(((i * 6) + i) * 9) + 4] += 1;
        var layer = new DeployedConvolution(kernel, small.Bias, 6, 6, 3, 3, 1, ZeroPadding.All(1));
        var shape = new TensorShape(6, 6, 6);

        Assert.IsGreaterThan(0.75 * TrueNorm(layer, shape), NormFromBelow.Of(layer, shape));
    }

    [TestMethod]
    public void Check_TrueBoundsOfManyNetworks_AreAccepted()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            foreach (DeployedNetwork network in (DeployedNetwork[])
            [
                new RandomNetworks(seed).Vector(7, 12, 4), new RandomNetworks(seed).EveryKind(),
            ])
                StoredBound.Check(network, RigorousBound.Compute(network));
        }
    }

    [TestMethod]
    public void Check_ZeroAndDenormalLayers_AreAccepted()
    {
        foreach (float weight in (float[])[0, float.Epsilon, 1e38f])
        {
            var dense = new DeployedDense([weight, 0, 0, weight], [0, 0], 2, 2);
            var network = new DeployedNetwork(TensorShape.Vector(2), [dense, dense, new DeployedDense([1, 2, 3, 4], [0, 0], 2, 2)]);
            StoredBound.Check(network, RigorousBound.Compute(network));
        }
    }

    [TestMethod]
    public void Check_DenseLayerWhoseGreatestRowIsNotItsNorm_IsRefused()
    {
        // One row e₁ and 999 rows .999·e₂: power iteration from the greatest row stays at 1, and the norm is 31.6.
        const int Rows = 1000;
        float[] weights = [1, 0, .. Enumerable.Range(0, Rows - 1).SelectMany(_ => (float[])[0, 0.999f])];
        AssertRefused(NetworkOf(new DeployedDense(weights, new float[Rows], 2, Rows), TensorShape.Vector(2)), 31);
    }

    [TestMethod]
    [DataRow(9, 1, 4, 40)]
    [DataRow(9, 1, 0, 40)]
    [DataRow(8, 2, 3, 40)]
    [DataRow(6, 3, 2, 37)]
    [DataRow(3, 1, 1, 12)]
    public void Check_CheckerboardConvolution_IsRefused(int side, int stride, int padding, int image)
    {
        // All windows of one color find nothing, and one window finds the norm of the kernel.
        foreach (int period in (int[])[1, 2, 3])
        {
            bool IsWhite(int i) => ((i / side / period) + (i % side / period)) % 2 == 0;
            float[] kernel = [.. Enumerable.Range(0, side * side).Select(i => IsWhite(i) ? 1f : -1f)];
            var layer = new DeployedConvolution(kernel, [0], 1, 1, side, side, stride, ZeroPadding.All(padding));
            DeployedNetwork network = NetworkOf(layer, new TensorShape(1, image, image));
            AssertRefused(network, 0.6 * RigorousBound.Compute(network).Value);
        }
    }

    [TestMethod]
    public void Of_ConvolutionsTunedToAnyFrequency_FindsMostOfTheNorm()
    {
        var random = new Random(13);
        for (int i = 0; i < 60; i++)
        {
            (int side, int stride) = (random.Next(2, 6), random.Next(1, 4));
            double turnsHigh = random.NextDouble(), turnsWide = random.NextDouble(), phase = random.NextDouble();
            var values = new float[2 * 3 * side * side];
            for (int k = 0; k < values.Length; k++)
                values[k] = (float)Math.Cos(2 * Math.PI * ((turnsHigh * (k % (side * side) / side)) + (turnsWide * (k % side)) + phase));
            var layer = new DeployedConvolution(values, new float[2], 3, 2, side, side, stride, ZeroPadding.All(random.Next(side)));
            var shape = new TensorShape(3, random.Next(24, 30), random.Next(24, 30));
            double bound = RigorousBound.Compute(NetworkOf(layer, shape)).Value;
            Assert.IsGreaterThan(0.5 * bound, NormFromBelow.Of(layer, shape, seed: i), $"case {i}: {side}×{side}, stride {stride}");
        }
    }

    [TestMethod]
    public void Check_TinyAndHugeLayersWithATotalOfZero_IsRefused()
    {
        // Eleven layers of 10⁻³⁰, then eleven of 10³⁰: multiplied one after the other, their bounds underflow.
        DeployedLayer[] layers = [.. Enumerable.Range(0, 22).Select(i => new DeployedDense([i < 11 ? 1e-30f : 1e30f], [0], 1, 1))];
        var network = new DeployedNetwork(TensorShape.Vector(1), [.. layers, new DeployedDense([1, -1], [0, 0], 1, 2)]);
        LipschitzBound bound = RigorousBound.Compute(network);
        Assert.AreEqual(1, bound.Value, 1e-5);
        StoredBound.Check(network, bound);
        var forged = new LipschitzBound(0, bound.Layers, bound.WeightHash);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => StoredBound.Check(network, forged)).Message, "multiply to");
    }

    /// <summary>The bound of the first layer made smaller, down to <paramref name="smaller"/>, with all else in order.</summary>
    private static void AssertRefused(DeployedNetwork network, double smaller)
    {
        LipschitzBound bound = RigorousBound.Compute(network);
        Assert.IsLessThan(bound.Value, smaller);
        LayerBound first = bound.Layers[0];
        LayerBound[] layers = [first with { Bound = smaller, Attained = smaller }, .. bound.Layers.Skip(1)];
        var forged = new LipschitzBound(smaller, layers, bound.WeightHash);
        var error = Assert.ThrowsExactly<ArgumentException>(() => StoredBound.Check(network, forged));
        StringAssert.Contains(error.Message, "its norm is at least");
    }

    private static DeployedNetwork NetworkOf(DeployedLayer layer, TensorShape shape) =>
        new(shape, [layer, new DeployedFlatten(), new RandomNetworks(1).Dense(layer.GetOutputShape(shape).Size, 2)]);

    /// <summary>Power iteration to convergence on the layer written out as a matrix.</summary>
    private static double TrueNorm(DeployedConvolution layer, TensorShape shape)
    {
        double[][] columns = new double[shape.Size][];
        for (int i = 0; i < shape.Size; i++)
        {
            var unit = new double[shape.Size];
            unit[i] = 1;
            columns[i] = ReferenceForward.Apply(layer, shape, unit, linearOnly: true);
        }

        var x = new double[shape.Size];
        var random = new Random(9);
        for (int i = 0; i < x.Length; i++)
            x[i] = random.NextDouble() - 0.5;
        double norm = 0;
        for (int step = 0; step < 300; step++)
        {
            double length = Math.Sqrt(x.Sum(v => v * v));
            if (length == 0)
                return 0;
            var y = new double[columns[0].Length];
            for (int i = 0; i < x.Length; i++)
            {
                for (int o = 0; o < y.Length; o++)
                    y[o] += columns[i][o] * x[i] / length;
            }

            norm = Math.Sqrt(y.Sum(v => v * v));
            for (int i = 0; i < x.Length; i++)
            {
                double sum = 0;
                for (int o = 0; o < y.Length; o++)
                    sum += columns[i][o] * y[o];
                x[i] = sum;
            }
        }

        return norm;
    }
}
