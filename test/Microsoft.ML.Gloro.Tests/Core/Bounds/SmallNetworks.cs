using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Networks of random weights with every kind of layer, small enough to differentiate by differences.</summary>
internal static class SmallNetworks
{
    /// <summary>3×7×6 images, 4 classes: scaling, space-to-depth, strided and padded convolutions, MinMax, ReLU, pooling, dense.</summary>
    public static DeployedNetwork Image(int seed)
    {
        Func<int, double> normal = Explicit.Normal(seed, 0.4);
        return new DeployedNetwork(new TensorShape(3, 7, 6),
        [
            new DeployedScaling([2, 3, 2.5f], [-1, -1.4f, -1.2f]),
            Explicit.Convolution(3, 4, 3, 3, 1, ZeroPadding.All(1), normal),
            new DeployedActivation(ActivationFunction.MinMax),
            new DeployedSpaceToDepth(2),
            Explicit.Convolution(16, 6, 2, 3, 1, new ZeroPadding(1, 1, 0, 1), normal),
            new DeployedActivation(ActivationFunction.ReLU),
            Explicit.Convolution(6, 6, 2, 2, 1, default, normal),
            new DeployedAveragePooling(2),
            new DeployedFlatten(),
            Explicit.Dense(8, 6, normal),
            new DeployedActivation(ActivationFunction.MinMax),
            Explicit.Dense(4, 8, normal),
        ]);
    }

    /// <summary>5 features, 3 classes: two dense layers with MinMax.</summary>
    public static DeployedNetwork Vector(int seed)
    {
        Func<int, double> normal = Explicit.Normal(seed);
        return new DeployedNetwork(TensorShape.Vector(5),
        [
            Explicit.Dense(6, 5, normal),
            new DeployedActivation(ActivationFunction.MinMax),
            Explicit.Dense(3, 6, normal),
        ]);
    }

    /// <summary>
    /// What trained LiResNets look like, small: convolutions near the identity, on images large enough that the edge matters little, and a
    /// neck of nearly orthogonal rows.
    /// </summary>
    public static DeployedNetwork LiResNet()
    {
        List<DeployedLayer> layers = [new DeployedScaling([4, 4.5f, 5], [-2, -2, -2]), new DeployedSpaceToDepth(2)];
        layers.Add(Explicit.Convolution(12, 16, 3, 3, 1, ZeroPadding.All(1), Explicit.Normal(1, 0.1)));
        for (int block = 0; block < 4; block++)
        {
            Func<int, double> normal = Explicit.Normal(block + 2, 0.02);
            layers.Add(new DeployedActivation(ActivationFunction.MinMax));
            layers.Add(Explicit.Convolution(
                16, 16, 3, 3, 1, ZeroPadding.All(1), at => (at / 144 == at / 9 % 16 && at % 9 == 4 ? 0.9 : 0) + normal(at)));
        }

        return Explicit.Network(
            new TensorShape(3, 32, 32),
            [.. layers, new DeployedAveragePooling(3), new DeployedFlatten(), Explicit.Dense(32, 400, Explicit.Normal(9, 0.05))]);
    }
}
