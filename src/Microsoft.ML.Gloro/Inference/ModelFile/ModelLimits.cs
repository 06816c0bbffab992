using System.Text;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The largest model there can be. A model file comes from anywhere; these limits keep a forged one from asking for memory or time out of
/// proportion, and they hold for every <see cref="GloroModel"/>, so that each one that can be made can also be saved and loaded.
/// </summary>
internal static class ModelLimits
{
    /// <summary>Classes; the margin constants are a matrix of classes × classes.</summary>
    public const int Classes = 4096;

    /// <summary>Characters of one line of text: a class name, a version, a summary.</summary>
    public const int TextLength = 4096;

    /// <summary>Characters of all class names together.</summary>
    public const int ClassNamesLength = 1 << 19;

    /// <summary>Characters of a guarantee with its affinity sets.</summary>
    public const int GuaranteeLength = 1 << 16;

    /// <summary>Characters of the name of a bound's method.</summary>
    public const int MethodLength = 256;

    /// <summary>Temperatures of scores, far beyond those of logits that a network could have learnt with.</summary>
    public const double LeastTemperature = 1e-12, LargestTemperature = 1e12;

    /// <summary>Layers of a network.</summary>
    public const int Layers = 1024;

    /// <summary>Sides of images, kernels and blocks; strides and paddings.</summary>
    public const int Side = 1 << 14;

    /// <summary>Values of one row between two layers; so also channels, and inputs and outputs of a dense layer.</summary>
    public const int Activations = 1 << 24;

    /// <summary>Weights of all layers together: 1 GiB of them, half of what an ONNX model may hold.</summary>
    public const long Weights = 1L << 28;

    /// <summary>The value of a limit on a layer's numbers.</summary>
    public static int Of(NumberLimit limit) => limit switch
    {
        NumberLimit.Side => Side,
        NumberLimit.Activations => Activations,
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "Unknown limit."),
    };

    /// <summary>Checks that a string is short enough, and will be stored as it is.</summary>
    /// <exception cref="ArgumentException">Too long, or not text.</exception>
    public static void CheckText(string text, string what, int maxLength = TextLength)
    {
        ArgumentNullException.ThrowIfNull(text, what);
        if (text.Length > maxLength)
            throw new ArgumentException($"{what} has {text.Length} characters; at most {maxLength} can be stored.");
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"{what} is not valid Unicode: half of a surrogate pair at character {e.Index}.", e);
        }
    }

    /// <summary>Checks sizes and weights of a network.</summary>
    /// <exception cref="ArgumentException">Over a limit, or a weight that is not a finite number.</exception>
    public static void Check(DeployedNetwork network)
    {
        if (network.Layers.Count > Layers)
            throw new ArgumentException($"The network has {network.Layers.Count} layers; at most {Layers} are supported.");
        if (network.ClassCount is < 2 or > Classes)
            throw new ArgumentException($"The network has {network.ClassCount} outputs; 2 to {Classes} classes are supported.");
        CheckSides("The network's input", network.InputShape.Height, network.InputShape.Width);
        long weights = 0;
        for (int i = 0; i < network.Layers.Count; i++)
        {
            DeployedLayer layer = network.Layers[i];
            string what = $"Layer {i} ({layer.Kind})";
            CheckActivations(what, network.Shapes[i]);
            CheckSides(what, Sides(layer));
            foreach (LayerTensor tensor in layer.Tensors)
            {
                weights += tensor.Values.Length;
                CheckFinite(what, tensor.Values);
            }
        }

        if (weights > Weights)
            throw new ArgumentException($"The network has {weights} weights; at most {Weights} are supported.");
    }

    private static int[] Sides(DeployedLayer layer) =>
    [
        .. LayerKinds.Of(layer).Numbers
            .Zip(layer.Numbers, (format, numbers) => numbers.Where((_, i) => format.Limits[i] == NumberLimit.Side))
            .SelectMany(sides => sides),
    ];

    private static void CheckSides(string what, params ReadOnlySpan<int> sides)
    {
        foreach (int side in sides)
        {
            if (side > Side)
                throw new ArgumentException($"{what} has a side, stride or padding of {side}; at most {Side} is supported.");
        }
    }

    private static void CheckActivations(string what, TensorShape shape)
    {
        // Sides may have grown by padding, but not beyond an int; the product of three needs more than a long.
        if ((Int128)shape.Channels * shape.Height * shape.Width > Activations)
            throw new ArgumentException($"{what} takes {shape} values a row; at most {Activations} are supported.");
    }

    private static void CheckFinite(string what, float[] weights)
    {
        if (FiniteValues.Only(weights))
            return;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!float.IsFinite(weights[i]))
                throw new ArgumentException(
                    $"{what} holds {weights[i]} among its weights (number {i}); nothing can be proved of it. If it was trained so, " +
                    "train with a lower learning rate.");
        }
    }
}
