using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;
using TorchSharp;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Creates the network that the options describe, for the data's shape and scale.</summary>
internal static class NetworkFactory
{
    private const int LongestList = 1024;

    /// <summary>The architecture that the options ask for.</summary>
    /// <exception cref="ArgumentException">It does not take inputs of that shape.</exception>
    public static IReadOnlyList<GloroLayer> Layers(GloroTrainerOptions options, TensorShape input, int classes) => options switch
    {
        GloroImageClassificationOptions { Layers: { } own } => own,
        GloroImageClassificationOptions { Architecture: GloroArchitecture.LiResNet } image =>
            LiResNetLayers.Layers(input, image.Size is { } size ? LiResNetSize.For(size, input, classes) : NumbersOf(image)),
        GloroImageClassificationOptions image => ConvNet.Layers(image.Architecture),
        GloroMulticlassClassificationOptions { Layers: { } own } => own,
        GloroMulticlassClassificationOptions vector => Mlp.Layers(NumbersOf(vector).Depth, NumbersOf(vector).Width),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options, "Unknown options."),
    };

    /// <summary>The architecture in a line.</summary>
    public static string Describe(GloroTrainerOptions options)
    {
        return options switch
        {
            GloroImageClassificationOptions { Layers: { } own } => Own(own),
            GloroImageClassificationOptions { Architecture: not GloroArchitecture.LiResNet } image => image.Architecture.ToString(),
            GloroImageClassificationOptions { Size: { } size } => $"LiResNet({size})",
            GloroImageClassificationOptions image => NumbersOf(image).ToString(),
            GloroMulticlassClassificationOptions { Layers: { } own } => Own(own),
            GloroMulticlassClassificationOptions vector => $"MLP(depth {NumbersOf(vector).Depth}, width {NumbersOf(vector).Width})",
            _ => "",
        };

        static string Own(IReadOnlyList<GloroLayer> layers) =>
            $"layers({string.Join(", ", layers)})" is { Length: <= LongestList } text ? text : $"{layers.Count} layers";
    }

    /// <summary>
    /// Refuses an architecture that does not fit the inputs or is too large for any model. Returns the number of weights.
    /// </summary>
    /// <remarks>A size that is still to be chosen by data counts at its default numbers.</remarks>
    /// <exception cref="ArgumentException">It cannot be trained or saved.</exception>
    public static long Check(GloroTrainerOptions options, TensorShape input, int classes)
    {
        long weights = NetworkBuilder.CountWeights(input, classes, Layers(options, input, classes));
        if (weights > ModelLimits.Weights)
        {
            throw new ArgumentException(
                $"The network would have {weights} weights; at most {ModelLimits.Weights} are supported. " +
                "Make the images smaller (ImageSize) before they are flattened, or the layers.");
        }

        return weights;
    }

    /// <summary>A new network with its first weights.</summary>
    /// <param name="options">The options.</param>
    /// <param name="train">The rows to train on.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="device">The device to train on.</param>
    /// <param name="tolerances">How far each feature can be off; null for L2 distances.</param>
    public static LipschitzNetwork Create(
        GloroTrainerOptions options, TrainingSet train, int classes, int seed, torch.Device device, float[]? tolerances = null)
    {
        // The weights are drawn on the CPU, so that a seed means the same on every device.
        using var generator = new torch.Generator(unchecked((ulong)seed), torch.CPU);
        var factory = new LayerFactory(generator, device);
        float[] means = train.ChannelMeans();
        if (tolerances is not null)
        {
            return NetworkBuilder.Build(
                train.Shape, classes, Layers(options, train.Shape, classes), means, Scales(train, means, tolerances), tolerances, factory);
        }

        float scale = options.IsImage ? 1 : CommonScale(train, means);
        return NetworkBuilder.Build(train.Shape, classes, Layers(options, train.Shape, classes), means, scale, factory);
    }

    /// <summary>
    /// The network of a trained model, with these tolerances. Classes that the model knows by name keep their rows of the last layer.
    /// </summary>
    /// <param name="initial">The model.</param>
    /// <param name="classNames">The classes to train for.</param>
    /// <param name="seed">The seed of new rows.</param>
    /// <param name="device">The device to train on.</param>
    /// <param name="note">Gets a sentence about the classes.</param>
    /// <param name="tolerances">How far each feature can be off; null for L2 distances.</param>
    public static LipschitzNetwork Continue(
        GloroModel initial, IReadOnlyList<string> classNames, int seed, torch.Device device, Action<string> note,
        float[]? tolerances = null)
    {
        int[] rows = LabelMap.Match(classNames, initial.ClassNames);
        string[] fresh = [.. classNames.Where((_, i) => rows[i] < 0)];
        note($"Training starts from a model of {initial.ClassNames.Count} classes. " +
            $"{rows.Length - fresh.Length} classes keep their row of the last layer" +
            (fresh.Length > 0 ? $"; new: {string.Join(", ", fresh)}." : "."));
        using var generator = new torch.Generator(unchecked((ulong)seed), torch.CPU);
        return NetworkRestorer.Restore(initial.Network.WithTolerances(tolerances), rows, new LayerFactory(generator, device));
    }

    /// <summary>The last layer of <paramref name="whole"/> as a network to train, on features that the other layers computed.</summary>
    /// <param name="whole">What <see cref="Continue"/> gave.</param>
    /// <param name="initial">The model.</param>
    /// <param name="device">The device to train on.</param>
    /// <param name="stop">Stops the proof of a bound, which other tolerances need.</param>
    public static LipschitzNetwork LastLayerOf(LipschitzNetwork whole, GloroModel initial, torch.Device device, CancellationToken stop)
    {
        var network = initial.Network;
        double kappa = initial.Bound.Value;
        if (!(whole.Tolerances ?? []).SequenceEqual(network.Metric?.Tolerances ?? []))
        {
            network = network.WithTolerances(whole.Tolerances?.ToArray());
            kappa = RigorousBound.Compute(network, stop).Value;
        }

        return NetworkRestorer.WithFixedBody(network, kappa, whole.Final, device);
    }

    /// <summary>The network of a trained model that knows all of <paramref name="classNames"/>, with its logits in their order.</summary>
    public static LipschitzNetwork Restore(GloroModel model, IReadOnlyList<string> classNames, torch.Device device)
    {
        using var generator = new torch.Generator(0, torch.CPU); // all weights are the model's; only estimates of norms start from it
        return NetworkRestorer.Restore(
            model.Network, LabelMap.Match(classNames, model.ClassNames), new LayerFactory(generator, device));
    }

    private static LiResNetSize NumbersOf(GloroImageClassificationOptions options) =>
        new(
            options.Depth ?? GloroImageClassificationOptions.DefaultDepth,
            options.Width ?? GloroImageClassificationOptions.DefaultWidth,
            options.TailWidth ?? GloroImageClassificationOptions.DefaultTailWidth,
            options.TailDepth ?? GloroImageClassificationOptions.DefaultTailDepth);

    private static (int Depth, int Width) NumbersOf(GloroMulticlassClassificationOptions options) =>
    (
        options.Depth ?? GloroMulticlassClassificationOptions.DefaultDepth,
        options.Width ?? GloroMulticlassClassificationOptions.DefaultWidth);

    // 1/√(σ² + t²) for each feature: inputs are of about unit size, and so is a change by a tolerance, whichever of the two is larger. The
    // scales cost nothing, because the bound is that of the product with the first layer.
    private static float[] Scales(TrainingSet train, float[] means, float[] tolerances)
    {
        double[] squares = new double[means.Length];
        float[] row = new float[means.Length];
        for (int i = 0; i < train.Count; i++)
        {
            train.Read(i, row);
            for (int j = 0; j < row.Length; j++)
                squares[j] += ((double)row[j] - means[j]) * ((double)row[j] - means[j]);
        }

        return [.. squares.Select((sum, j) => Usable(1 / Math.Sqrt((sum / train.Count) + ((double)tolerances[j] * tolerances[j]))))];
    }

    private static float Usable(double scale) =>
        double.IsFinite(scale) && (float)scale is > 0 and < float.PositiveInfinity ? (float)scale : 1f;

    // One over the root mean square of all centered features, so that inputs are of about unit size in any units.
    private static float CommonScale(TrainingSet train, float[] means)
    {
        double sum = 0;
        float[] row = new float[train.Shape.Size];
        for (int i = 0; i < train.Count; i++)
        {
            train.Read(i, row);
            for (int j = 0; j < row.Length; j++)
                sum += ((double)row[j] - means[j]) * ((double)row[j] - means[j]);
        }

        return Usable(1 / Math.Sqrt(sum / ((double)train.Count * row.Length)));
    }
}
