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
