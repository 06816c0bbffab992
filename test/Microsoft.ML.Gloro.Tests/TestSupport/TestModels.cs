using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Small models with random weights and true bounds: no training, no TorchSharp.</summary>
internal static class TestModels
{
    private static readonly string[] Names = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu"];

    /// <summary>inputs → 8 → classes with MinMax between.</summary>
    public static GloroModel Vector(
        int inputs = 6,
        int classes = 5,
        RobustnessGuarantee? guarantee = null,
        float epsilon = 0.1f,
        int seed = 1,
        ActivationFunction activation = ActivationFunction.MinMax)
    {
        var random = new Random(seed);
        var network = new DeployedNetwork(
            TensorShape.Vector(inputs), [Dense(random, inputs, 8), new DeployedActivation(activation), Dense(random, 8, classes)]);
        return Create(network, guarantee, epsilon, isImage: false);
    }

    /// <summary>Space-to-depth, convolution, MinMax, dense.</summary>
    public static GloroModel Image(
        int height = 8, int width = 6, int classes = 5, RobustnessGuarantee? guarantee = null, float epsilon = 0.02f, int seed = 2)
    {
        var random = new Random(seed);
        var convolution = new DeployedConvolution(
            Weights(random, 4 * 12 * 9, 0.15f), Weights(random, 4, 0.1f), 12, 4, 3, 3, 1, ZeroPadding.All(1));
        int flat = 4 * (height / 2) * (width / 2);
        var network = new DeployedNetwork(
            new TensorShape(3, height, width),
            [
                new DeployedSpaceToDepth(2), convolution, new DeployedActivation(ActivationFunction.MinMax), new DeployedFlatten(),
                Dense(random, flat, classes),
            ]);
        return Create(network, guarantee, epsilon, isImage: true);
    }

    /// <summary>A model of <paramref name="network"/> with its true bound.</summary>
    public static GloroModel Create(DeployedNetwork network, RobustnessGuarantee? guarantee, float epsilon, bool isImage) =>
        new(
            network,
            RigorousBound.Compute(network),
            Names[..network.ClassCount],
            guarantee ?? RobustnessGuarantee.RelaxedTopK(3),
            epsilon,
            isImage);

    /// <summary>A model with everything that a file can hold: key values of the classes, and a provenance.</summary>
    public static GloroModel Complete(DeployedNetwork network, RobustnessGuarantee? guarantee = null, float epsilon = 36f / 255f) => new(
        network,
        RigorousBound.Compute(network),
        [.. Enumerable.Range(0, network.ClassCount).Select(i => $"class {i}")],
        guarantee ?? RobustnessGuarantee.Local,
        epsilon,
        isImage: !network.InputShape.IsVector,
        [.. Enumerable.Range(0, network.ClassCount)],
        new ModelProvenance("0.1.0", "a test: ε, \"quotes\", 日本"));

    /// <summary>A complete model of a few hundred bytes.</summary>
    public static GloroModel SmallVector() => Complete(new RandomNetworks(1).Vector());

    /// <summary>A complete model with every kind of layer.</summary>
    public static GloroModel EveryKind() => Complete(new RandomNetworks(2).EveryKind(), RobustnessGuarantee.RelaxedTopK(3));

    /// <summary>A transformer of <paramref name="model"/>.</summary>
    public static GloroTransformer Transformer(
        GloroModel model, string featureColumnName = "Features", string prefix = "", int readAhead = 0, int threads = 0) =>
        new(
            new MLContext(seed: 1),
            model,
            featureColumnName,
            new ScoringOptions { Prefix = prefix, ReadAheadRows = readAhead, Threads = threads });

    /// <summary>Random features; the larger <paramref name="scale"/>, the larger the margins.</summary>
    public static float[] Features(Random random, int count, float scale = 1) => Weights(random, count, scale);

    private static DeployedDense Dense(Random random, int inputs, int outputs) =>
        new(Weights(random, inputs * outputs, 1 / MathF.Sqrt(inputs)), Weights(random, outputs, 0.1f), inputs, outputs);

    private static float[] Weights(Random random, int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(_ => Normal(random, scale))];

    // Box, Muller: A Note on the Generation of Random Normal Deviates, 1958.
    private static float Normal(Random random, float scale)
    {
        float radius = scale * (float)Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return radius * (float)Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
