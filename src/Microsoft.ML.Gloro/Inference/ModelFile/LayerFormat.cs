using System.Text.Json;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>How a model file's header describes a layer. The kinds are a closed list: nothing is looked up by a name in the file.</summary>
/// <param name="TensorLengths">Values in each of the layer's tensors, in the order of <see cref="LayerTensors"/>.</param>
/// <param name="Create">Makes the layer of tensors with these lengths.</param>
internal sealed record LayerFormat(long[] TensorLengths, Func<float[][], DeployedLayer> Create)
{
    /// <summary>Writes the description of a layer as a JSON object.</summary>
    public static void Write(Utf8JsonWriter json, DeployedLayer layer)
    {
        json.WriteStartObject();
        json.WriteString("kind", layer.Kind);
        switch (layer)
        {
            case DeployedConvolution c:
                WriteList(json, "kernel", c.OutChannels, c.InChannels, c.KernelHeight, c.KernelWidth);
                json.WriteNumber("stride", c.Stride);
                WriteList(json, "padding", c.Padding.Top, c.Padding.Left, c.Padding.Bottom, c.Padding.Right);
                break;
            case DeployedDense dense:
                WriteList(json, "weights", dense.Outputs, dense.Inputs);
                break;
            case DeployedScaling scaling:
                json.WriteNumber("channels", scaling.Scale.Length);
                break;
            case DeployedSpaceToDepth depth:
                json.WriteNumber("block", depth.Block);
                break;
            case DeployedAveragePooling pooling:
                json.WriteNumber("size", pooling.Size);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. No weights are read or allocated yet.</summary>
    /// <exception cref="FormatException">An unknown kind, or a number out of range.</exception>
    public static LayerFormat Read(HeaderObject header)
    {
        switch (header.Text("kind"))
        {
            case "convolution":
                header.Expect("kind", "kernel", "stride", "padding");
                return ReadConvolution(header);
            case "dense":
                header.Expect("kind", "weights");
                int[] size = header.Integers("weights", 2, 1, ModelLimits.Activations);
                return new([Product(header, "weights", size), size[0]], tensors => new DeployedDense(tensors[0], tensors[1], inputs: size[1], outputs: size[0]));
            case "scaling":
                header.Expect("kind", "channels");
                int channels = header.Integer("channels", 1, ModelLimits.Activations);
                return new([channels, channels], tensors => new DeployedScaling(tensors[0], tensors[1]));
            case "space-to-depth":
                header.Expect("kind", "block");
                int block = header.Integer("block", 1, ModelLimits.Side);
                return new([], _ => new DeployedSpaceToDepth(block));
            case "average pooling":
                header.Expect("kind", "size");
                int pool = header.Integer("size", 1, ModelLimits.Side);
                return new([], _ => new DeployedAveragePooling(pool));
            case "flatten":
                header.Expect("kind");
                return new([], _ => new DeployedFlatten());
            case "relu":
                header.Expect("kind");
                return new([], _ => new DeployedActivation(ActivationFunction.ReLU));
            case "minmax":
                header.Expect("kind");
                return new([], _ => new DeployedActivation(ActivationFunction.MinMax));
            default:
                throw header.Wrong("kind", "is a kind of layer that this version does not know");
        }
    }

    private static LayerFormat ReadConvolution(HeaderObject header)
    {
        int[] channels = header.Integers("kernel", 4, 1, ModelLimits.Activations);
        if (channels[2] > ModelLimits.Side || channels[3] > ModelLimits.Side)
            throw header.Wrong("kernel", $"has a side above {ModelLimits.Side}");
        int stride = header.Integer("stride", 1, ModelLimits.Side);
        int[] padding = header.Integers("padding", 4, 0, ModelLimits.Side);
        return new(
            [Product(header, "kernel", channels), channels[0]],
            tensors => new DeployedConvolution(
                tensors[0], tensors[1], inChannels: channels[1], outChannels: channels[0], channels[2], channels[3], stride, new ZeroPadding(padding[0], padding[1], padding[2], padding[3])));
    }

    private static long Product(HeaderObject header, string name, int[] factors)
    {
        long product = 1;
        foreach (int factor in factors)
            product = product <= ModelLimits.Weights / factor ? product * factor : throw header.Wrong(name, $"asks for more than {ModelLimits.Weights} weights");
        return product;
    }

    private static void WriteList(Utf8JsonWriter json, string name, params ReadOnlySpan<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
