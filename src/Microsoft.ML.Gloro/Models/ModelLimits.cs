using System.Text;
using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Models;

/// <summary>
/// The largest model there can be. A model file comes from anywhere; these limits keep a forged one from asking for memory or time out of proportion,
/// and they hold for every <see cref="GloroModel"/>, so that each one that can be made can also be saved and loaded.
/// </summary>
internal static class ModelLimits
{
    /// <summary>Classes; the margin constants are a matrix of classes × classes.</summary>
    public const int Classes = 4096;

    /// <summary>Characters of one class name, or of one line of provenance.</summary>
    public const int NameLength = 4096;

    public const int Layers = 1024;

    /// <summary>Any one number that a layer is described by: channels, sides, kernel, stride, padding, block.</summary>
    public const int Dimension = 1 << 20;

    /// <summary>Values between two layers, of one row.</summary>
    public const int Activations = 1 << 24;

    /// <summary>Weights of all layers together: 1 GiB of them, which is also half of what an ONNX model may hold.</summary>
    public const long Weights = 1L << 28;

    /// <summary>Checks that strings will be stored as they are.</summary>
    /// <exception cref="ArgumentException">Too long, or not text.</exception>
    public static void CheckText(string text, string what)
    {
        if (text.Length > NameLength)
            throw new ArgumentException($"{what} has {text.Length} characters; at most {NameLength} can be stored.");
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
    public static void Check(PlainNetwork network)
    {
        if (network.Layers.Count > Layers)
            throw new ArgumentException($"The network has {network.Layers.Count} layers; at most {Layers} are supported.");
        if (network.ClassCount is < 2 or > Classes)
            throw new ArgumentException($"The network has {network.ClassCount} outputs; 2 to {Classes} classes are supported.");
        long weights = 0;
        for (int i = 0; i < network.Layers.Count; i++)
        {
            CheckActivations(network.Shapes[i], i);
            foreach (float[] tensor in LayerTensors.Of(network.Layers[i]))
            {
                weights += tensor.Length;
                if (Array.FindIndex(tensor, value => !float.IsFinite(value)) is int at and >= 0)
                    throw new ArgumentException($"Layer {i} ({network.Layers[i].Kind}) holds {tensor[at]} at weight {at}; such a network proves nothing. Train with a lower learning rate.");
            }
        }

        if (weights > Weights)
            throw new ArgumentException($"The network has {weights} weights; at most {Weights} are supported.");
    }

    /// <summary>Checks the size of what goes into layer <paramref name="layer"/>.</summary>
    /// <exception cref="ArgumentException">Over the limit.</exception>
    public static void CheckActivations(PlainShape shape, int layer)
    {
        if ((long)shape.Channels * shape.Height > Activations || (long)shape.Channels * shape.Height * shape.Width > Activations)
            throw new ArgumentException($"Layer {layer} takes {shape} values a row; at most {Activations} are supported.");
    }
}
