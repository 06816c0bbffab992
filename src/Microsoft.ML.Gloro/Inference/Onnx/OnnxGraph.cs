using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The ONNX model of a <see cref="DeployedNetwork"/>: the same layers, the same float32 weights, nothing folded; long sums
/// are cut (<see cref="SumBlocks"/>). Input "input" is
/// [N, C, H, W] ([N, D] for vectors), output "logits" is [N, classes]; N is the only dynamic dimension. Opset 13 and IR 7, standard
/// operators only, so ONNX Runtime 1.8 and later accept it.
/// </summary>
internal static class OnnxGraph
{
    public const string InputName = "input";
    public const string OutputName = "logits";
    public const int OpsetVersion = 13;
    public const int IrVersion = 7;

    /// <summary>The bytes of the model. The same network gives the same bytes.</summary>
    public static byte[] Build(DeployedNetwork network)
    {
        var graph = new OnnxGraphWriter();
        AppendNetwork(graph, network, InputName, OutputName);
        graph.DeclareInput(InputName, InputDimensions(network));
        graph.DeclareOutput(OutputName, [network.ClassCount]);
        return graph.ToModel(IrVersion, OpsetVersion);
    }

    /// <summary>The dimensions of one input.</summary>
    public static long[] InputDimensions(DeployedNetwork network) =>
        network.InputShape is { IsVector: false } image ? [image.Channels, image.Height, image.Width] : [network.InputShape.Channels];

    /// <summary>Adds the layers, in single precision. Returns the name of the logits: <paramref name="output"/>, or a fresh one.</summary>
    public static string AppendNetwork(IOnnxGraph graph, DeployedNetwork network, string input, string? output = null)
    {
        TensorShape shape = network.InputShape;
        var value = new Value(OnnxViews.Append(graph, network, input), IsImage: !shape.IsVector);
        for (int i = 0; i < network.Layers.Count; i++)
        {
            value = Append(graph, network.Layers[i], value, shape, i == network.Layers.Count - 1 && network.ViewCount == 1 ? output : null);
            shape = network.Shapes[i + 1];
        }

        return OnnxViews.Mean(graph, network, value.Name, output);
    }

    private static Value Append(IOnnxGraph graph, DeployedLayer layer, Value value, TensorShape shape, string? output) => layer switch
    {
        DeployedConvolution convolution => Convolution(graph, convolution, AsImage(graph, value, shape)),
        DeployedDense dense => Dense(graph, dense, AsVector(graph, value), output),
        DeployedActivation { Function: ActivationFunction.ReLU } => value with { Name = graph.Node("Relu", [value.Name]) },
        DeployedActivation { Function: ActivationFunction.MinMax } => MinMax(graph, value),
        DeployedActivation { Function: ActivationFunction.Absolute } => value with { Name = graph.Node("Abs", [value.Name]) },
        DeployedActivation { Function: ActivationFunction.HalfAbsolute } => HalfAbsolute(graph, value),
        DeployedSpaceToDepth { Block: 1 } or DeployedAveragePooling { Size: 1 } => value,
        DeployedSpaceToDepth depth => SpaceToDepth(graph, depth.Block, AsImage(graph, value, shape), shape),
        DeployedChannelShift shift => new Value(OnnxShift.Append(graph, shift, AsImage(graph, value, shape).Name, shape), IsImage: true),
        DeployedAveragePooling pooling => AveragePooling(graph, pooling.Size, AsImage(graph, value, shape)),
        DeployedFlatten => AsVector(graph, value),
        DeployedScaling scaling => Scaling(graph, scaling, value),
        _ => throw new NotSupportedException($"No ONNX operators are known for a layer of kind '{layer.Kind}'."),
    };

    private static Value Convolution(IOnnxGraph graph, DeployedConvolution layer, Value value)
    {
        ZeroPadding padding = layer.Padding;
        (string, long[])[] geometry =
        [
            ("kernel_shape", [layer.KernelHeight, layer.KernelWidth]),
            ("pads", [padding.Top, padding.Left, padding.Bottom, padding.Right]),
            ("strides", [layer.Stride, layer.Stride]),
        ];
        if (SumBlocks.Of(layer) > 1)
            return new Value(new BlockedSums(new GraphOperators(graph)).Convolution(layer, value.Name, geometry), IsImage: true);
        string kernel = graph.Initializer(layer.Kernel, [layer.OutChannels, layer.InChannels, layer.KernelHeight, layer.KernelWidth]);
        string bias = graph.Initializer(layer.Bias, [layer.OutChannels]);
        return new Value(graph.Node("Conv", [value.Name, kernel, bias], geometry), IsImage: true);
    }

    private static Value Dense(IOnnxGraph graph, DeployedDense layer, Value value, string? output)
    {
        if (SumBlocks.Of(layer) > 1)
            return new Value(new BlockedSums(new GraphOperators(graph)).Dense(layer, value.Name, output), IsImage: false);
        string weights = graph.Initializer(layer.Weights, [layer.Outputs, layer.Inputs]);
        string bias = graph.Initializer(layer.Bias, [layer.Outputs]);
        return new Value(graph.Node("Gemm", [value.Name, weights, bias], integers: [("transB", 1)], output: output), IsImage: false);
    }

    private static Value MinMax(IOnnxGraph graph, Value value)
    {
        (string first, string second) = graph.NodeOfTwo("Split", [value.Name], axis: 1);
        string larger = graph.Node("Max", [first, second]);
        string smaller = graph.Node("Min", [first, second]);
        return value with { Name = graph.Node("Concat", [larger, smaller], integers: [("axis", 1)]) };
    }

    private static Value HalfAbsolute(IOnnxGraph graph, Value value)
    {
        (string first, string second) = graph.NodeOfTwo("Split", [value.Name], axis: 1);
        return value with { Name = graph.Node("Concat", [first, graph.Node("Abs", [second])], integers: [("axis", 1)]) };
    }

    private static Value SpaceToDepth(IOnnxGraph graph, int block, Value value, TensorShape shape)
    {
        string name = value.Name;
        int bottom = Fill(shape.Height, block);
        int right = Fill(shape.Width, block);
        if (bottom + right > 0)
            name = graph.Node("Pad", [name, graph.Initializer([0, 0, 0, 0, 0, 0, bottom, right])]);
        return new Value(graph.Node("SpaceToDepth", [name], integers: [("blocksize", block)]), IsImage: true);
    }

    private static int Fill(int side, int block) => (block - (side % block)) % block;

    private static Value AveragePooling(IOnnxGraph graph, int size, Value value) =>
        new(graph.Node("AveragePool", [value.Name], [("kernel_shape", [size, size]), ("strides", [size, size])]), IsImage: true);

    private static Value Scaling(IOnnxGraph graph, DeployedScaling layer, Value value)
    {
        // One value per channel, shaped so that it broadcasts over the batch and, for images, over rows and columns.
        long[] shape = value.IsImage ? [layer.Scale.Length, 1, 1] : [layer.Scale.Length];
        string product = graph.Node("Mul", [value.Name, graph.Initializer(layer.Scale, shape)]);
        return value with { Name = graph.Node("Add", [product, graph.Initializer(layer.Shift, shape)]) };
    }

    /// <summary>
    /// The library treats a vector as an image of 1 × 1 pixels. ONNX distinguishes [N, D] from [N, D, 1, 1], so this converts.
    /// </summary>
    private static Value AsImage(IOnnxGraph graph, Value value, TensorShape shape) => value.IsImage
        ? value
        : new Value(graph.Node("Reshape", [value.Name, graph.Initializer([-1, shape.Channels, shape.Height, shape.Width])]), IsImage: true);

    private static Value AsVector(IOnnxGraph graph, Value value) => value.IsImage
        ? new Value(graph.Node("Flatten", [value.Name], integers: [("axis", 1)]), IsImage: false)
        : value;

    /// <summary>A tensor of the graph: its name and whether it is [N, C, H, W] rather than [N, D].</summary>
    private readonly record struct Value(string Name, bool IsImage);
}
