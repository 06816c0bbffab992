using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The layers of a <see cref="DeployedNetwork"/> in double precision. Engines have no double-precision kernels for Conv, AveragePool and
/// SpaceToDepth on the CPU, but they have some for MatMul and for moving values: a convolution becomes a matrix product with patches. Every
/// output is a sum of the layer's products and its bias in some order, which is all that docs/soundness.md requires of a forward pass
/// (4.2).
/// </summary>
internal sealed class Float64Layers(GraphOperators ops)
{
    /// <summary>Adds all layers, and the views around them, and returns the name of the logits, [N, classes] in double.</summary>
    /// <param name="network">The network.</param>
    /// <param name="input">Its input, in single precision.</param>
    public string Append(DeployedNetwork network, string input)
    {
        string value = ops.Cast(OnnxViews.Append(ops.Graph, network, input), OnnxType.Double);
        bool isImage = !network.InputShape.IsVector;
        for (int i = 0; i < network.Layers.Count; i++)
        {
            DeployedLayer layer = network.Layers[i];
            TensorShape shape = network.Shapes[i];
            if (layer is DeployedConvolution or DeployedSpaceToDepth or DeployedChannelShift or DeployedAveragePooling && !isImage)
                (value, isImage) = (ops.Reshape(value, -1, shape.Channels, shape.Height, shape.Width), true);
            if (layer is DeployedDense or DeployedFlatten && isImage)
                (value, isImage) = (ops.Reshape(value, -1, shape.Size), false);
            value = Append(layer, value, shape, network.Shapes[i + 1], isImage);
        }

        return OnnxViews.Mean(ops.Graph, network, value);
    }

    private string Append(DeployedLayer layer, string value, TensorShape shape, TensorShape output, bool isImage) => layer switch
    {
        DeployedConvolution convolution => Convolution(convolution, value, output),
        DeployedDense dense => Dense(dense, value),
        DeployedActivation { Function: ActivationFunction.ReLU } => ops.Node("Max", value, ops.Double(0)),
        DeployedActivation { Function: ActivationFunction.MinMax } => MinMax(value, shape.Channels),
        DeployedActivation { Function: ActivationFunction.Absolute } => ops.Node("Abs", value),
        DeployedActivation { Function: ActivationFunction.HalfAbsolute } => HalfAbsolute(value, shape.Channels),
        DeployedSpaceToDepth { Block: 1 } or DeployedAveragePooling { Size: 1 } or DeployedFlatten => value,
        DeployedSpaceToDepth depth => SpaceToDepth(depth.Block, value, shape, output),
        DeployedChannelShift shift => OnnxShift.Append(ops.Graph, shift, value, shape),
        DeployedAveragePooling pooling => AveragePooling(pooling.Size, value, output),
        DeployedScaling scaling => Scaling(scaling, value, isImage),
        _ => throw new NotSupportedException($"No double-precision ONNX operators are known for a layer of kind '{layer.Kind}'."),
    };

    private string Dense(DeployedDense layer, string value)
    {
        string weights = ops.Widened(layer.Weights, layer.Outputs, layer.Inputs), bias = ops.Widened(layer.Bias, layer.Outputs);
        return ops.Graph.Node("Gemm", [value, weights, bias], integers: [("transB", 1)]);
    }

    private string Convolution(DeployedConvolution layer, string value, TensorShape output)
    {
        (int height, int width, int channels) = (layer.KernelHeight, layer.KernelWidth, layer.InChannels);
        ZeroPadding padding = layer.Padding;
        if (padding != default)
            value = ops.Node("Pad", value, ops.Graph.Initializer([0, 0, padding.Top, padding.Left, 0, 0, padding.Bottom, padding.Right]));

        // One shifted copy for each tap, stacked as channels; the kernel's columns go in the same order.
        string patches = height * width == 1 && layer.Stride == 1
            ? value
            : Stack(
                from y in Enumerable.Range(0, height)
                from x in Enumerable.Range(0, width)
                select Every(value, layer.Stride, y, x, output));
        var weights = new float[layer.Kernel.Length];
        for (int o = 0, i = 0; o < layer.OutChannels; o++)
        {
            for (int tap = 0; tap < height * width; tap++)
            {
                for (int channel = 0; channel < channels; channel++)
                    weights[i++] = layer.Kernel[(((o * channels) + channel) * height * width) + tap];
            }
        }

        int terms = height * width * channels;
        string columns = ops.Reshape(patches, -1, terms, output.Height * output.Width);
        string product = ops.Node("MatMul", ops.Widened(weights, layer.OutChannels, terms), columns);
        string sum = ops.Add(product, ops.Widened(layer.Bias, layer.OutChannels, 1));
        return ops.Reshape(sum, -1, layer.OutChannels, output.Height, output.Width);
    }

    private string Stack(IEnumerable<string> copies) =>
        copies.ToArray() is { Length: > 1 } several ? ops.Concat(several, axis: 1) : copies.Single();

    /// <summary>The pixels at (y + i·stride, x + j·stride) for every (i, j) of the output.</summary>
    private string Every(string value, int stride, int y, int x, TensorShape output) => ops.Slice(
        value, [y, x], [y + ((output.Height - 1) * stride) + 1, x + ((output.Width - 1) * stride) + 1], [2, 3], [stride, stride]);

    private string MinMax(string value, int channels)
    {
        (string first, string second) = Halves(value, channels);
        return ops.Concat([ops.Node("Max", first, second), ops.Node("Min", first, second)], axis: 1);
    }

    private string HalfAbsolute(string value, int channels)
    {
        (string first, string second) = Halves(value, channels);
        return ops.Concat([first, ops.Node("Abs", second)], axis: 1);
    }

    private (string First, string Second) Halves(string value, int channels) =>
        (ops.Slice(value, [0], [channels / 2], [1], [1]), ops.Slice(value, [channels / 2], [channels], [1], [1]));

    private string SpaceToDepth(int block, string value, TensorShape shape, TensorShape output)
    {
        (int bottom, int right) = ((output.Height * block) - shape.Height, (output.Width * block) - shape.Width);
        if (bottom + right > 0)
            value = ops.Node("Pad", value, ops.Graph.Initializer([0, 0, 0, 0, 0, 0, bottom, right]));
        string blocks = ops.Reshape(value, -1, shape.Channels, output.Height, block, output.Width, block);
        return ops.Reshape(ops.Transpose(blocks, 0, 3, 5, 1, 2, 4), -1, output.Channels, output.Height, output.Width);
    }

    private string AveragePooling(int size, string value, TensorShape output)
    {
        string? sum = null;
        for (int tap = 0; tap < size * size; tap++)
        {
            string pixels = Every(value, size, tap / size, tap % size, output);
            sum = sum is null ? pixels : ops.Add(sum, pixels);
        }

        return ops.Multiply(sum!, ops.Double(1.0 / (size * size)));
    }

    private string Scaling(DeployedScaling layer, string value, bool isImage)
    {
        long[] shape = isImage ? [layer.Scale.Length, 1, 1] : [layer.Scale.Length];
        return ops.Add(ops.Multiply(value, ops.Widened(layer.Scale, shape)), ops.Widened(layer.Shift, shape));
    }
}
