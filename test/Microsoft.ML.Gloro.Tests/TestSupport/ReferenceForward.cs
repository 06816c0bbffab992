using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>
/// The plain layers written down once more, in double, by their definitions and with no thought of speed: what a
/// <see cref="DeployedNetwork"/> means. Tests compare everything else (ONNX graph, trainable network, bounds) with it. Layouts: images
/// [channel, row, column], vectors as they are.
/// </summary>
internal static class ReferenceForward
{
    /// <summary>The logits of one input: the means over its views.</summary>
    public static double[] Run(DeployedNetwork network, IReadOnlyList<double> input)
    {
        double[][] logits =
            [.. TurnedImages.Of(network.Views, network.InputShape, input).Select(view => Run(network, view, network.Layers.Count))];
        return [.. logits[0].Select((_, i) => logits.Average(view => view[i]))];
    }

    /// <summary>The logits of one float input.</summary>
    public static double[] Run(DeployedNetwork network, float[] input) => Run(network, Array.ConvertAll(input, x => (double)x));

    /// <summary>
    /// The values behind the first <paramref name="layerCount"/> layers; <c>Layers.Count - 1</c> gives the penultimate layer. Of the image
    /// as it is, not of other views.
    /// </summary>
    public static double[] Run(DeployedNetwork network, IReadOnlyList<double> input, int layerCount)
    {
        if (input.Count != network.InputShape.Size)
            throw new ArgumentException($"The network takes {network.InputShape.Size} values, not {input.Count}.", nameof(input));
        double[] values = [.. input];
        for (int i = 0; i < layerCount; i++)
            values = Apply(network.Layers[i], network.Shapes[i], values);
        return values;
    }

    /// <summary>
    /// One layer on an input of shape <paramref name="shape"/>; with <paramref name="linearOnly"/> biases and shifts are left out.
    /// </summary>
    public static double[] Apply(DeployedLayer layer, TensorShape shape, double[] x, bool linearOnly = false) => layer switch
    {
        DeployedConvolution convolution => Convolve(convolution, shape, x, linearOnly),
        DeployedDense dense => Multiply(dense, x, linearOnly),
        DeployedActivation activation => Activate(activation, x),
        DeployedSpaceToDepth spaceToDepth => MoveBlocks(spaceToDepth.Block, shape, x),
        DeployedChannelShift shift => Shift(shift.Group, shape, x),
        DeployedAveragePooling pooling => Average(pooling, shape, x),
        DeployedScaling scaling => Scale(scaling, shape, x, linearOnly),
        DeployedFlatten => [.. x],
        _ => throw new NotSupportedException($"ReferenceForward does not know {layer.GetType().Name}."),
    };

    private static double[] Convolve(DeployedConvolution c, TensorShape shape, double[] x, bool linearOnly)
    {
        TensorShape output = c.GetOutputShape(shape);
        var y = new double[output.Size];
        for (int o = 0; o < output.Channels; o++)
        {
            for (int i = 0; i < output.Height; i++)
            {
                for (int j = 0; j < output.Width; j++)
                    y[At(output, o, i, j)] = ConvolveAt(c, shape, x, o, i, j) + (linearOnly ? 0 : c.Bias[o]);
            }
        }

        return y;
    }

    private static double ConvolveAt(DeployedConvolution c, TensorShape shape, double[] x, int o, int i, int j)
    {
        double sum = 0;
        for (int channel = 0; channel < c.InChannels; channel++)
        {
            for (int u = 0; u < c.KernelHeight; u++)
            {
                for (int v = 0; v < c.KernelWidth; v++)
                {
                    int row = (i * c.Stride) + u - c.Padding.Top;
                    int column = (j * c.Stride) + v - c.Padding.Left;
                    if (row < 0 || row >= shape.Height || column < 0 || column >= shape.Width)
                        continue;
                    sum += (double)c.Kernel[(((((o * c.InChannels) + channel) * c.KernelHeight) + u) * c.KernelWidth)
                        + v] * x[At(shape, channel, row, column)];
                }
            }
        }

        return sum;
    }

    private static double[] Multiply(DeployedDense dense, double[] x, bool linearOnly)
    {
        var y = new double[dense.Outputs];
        for (int o = 0; o < dense.Outputs; o++)
        {
            double sum = linearOnly ? 0 : dense.Bias[o];
            for (int i = 0; i < dense.Inputs; i++)
                sum += (double)dense.Row(o)[i] * x[i];
            y[o] = sum;
        }

        return y;
    }

    private static double[] Activate(DeployedActivation activation, double[] x)
    {
        if (activation.Function == ActivationFunction.ReLU)
            return Array.ConvertAll(x, value => Math.Max(value, 0));
        if (activation.Function == ActivationFunction.Absolute)
            return Array.ConvertAll(x, Math.Abs);

        // The first half of the channels is the first half of the values: channels come first in the layout.
        int half = x.Length / 2;
        if (activation.Function == ActivationFunction.HalfAbsolute)
            return [.. x.Select((value, i) => i < half ? value : Math.Abs(value))];
        var y = new double[x.Length];
        for (int i = 0; i < half; i++)
            (y[i], y[half + i]) = (Math.Max(x[i], x[half + i]), Math.Min(x[i], x[half + i]));
        return y;
    }

    private static double[] MoveBlocks(int block, TensorShape shape, double[] x)
    {
        TensorShape output = new DeployedSpaceToDepth(block).GetOutputShape(shape);
        var y = new double[output.Size];
        for (int c = 0; c < shape.Channels; c++)
        {
            for (int row = 0; row < shape.Height; row++)
            {
                for (int column = 0; column < shape.Width; column++)
                {
                    int channel = ((((row % block) * block) + (column % block)) * shape.Channels) + c;
                    y[At(output, channel, row / block, column / block)] = x[At(shape, c, row, column)];
                }
            }
        }

        return y;
    }

    private static double[] Shift(int group, TensorShape shape, double[] x)
    {
        var y = new double[shape.Size];
        for (int c = 0; c < shape.Channels; c++)
        {
            // To the left, to the right, up, down, not at all.
            (int down, int right) = (c / group) switch { 0 => (0, -1), 1 => (0, 1), 2 => (-1, 0), 3 => (1, 0), _ => (0, 0) };
            for (int row = 0; row < shape.Height; row++)
            {
                for (int column = 0; column < shape.Width; column++)
                {
                    (int to, int at) = ((row + down + shape.Height) % shape.Height, (column + right + shape.Width) % shape.Width);
                    y[At(shape, c, to, at)] = x[At(shape, c, row, column)];
                }
            }
        }

        return y;
    }

    private static double[] Average(DeployedAveragePooling pooling, TensorShape shape, double[] x)
    {
        TensorShape output = pooling.GetOutputShape(shape);
        var y = new double[output.Size];
        for (int c = 0; c < output.Channels; c++)
        {
            for (int row = 0; row < output.Height * pooling.Size; row++)
            {
                for (int column = 0; column < output.Width * pooling.Size; column++)
                    y[At(output, c, row / pooling.Size, column / pooling.Size)] += x[At(
                        shape, c, row, column)] / (pooling.Size * pooling.Size);
            }
        }

        return y;
    }

    private static double[] Scale(DeployedScaling scaling, TensorShape shape, double[] x, bool linearOnly)
    {
        int area = shape.Height * shape.Width;
        var y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
            y[i] = ((double)scaling.Scale[i / area] * x[i]) + (linearOnly ? 0 : scaling.Shift[i / area]);
        return y;
    }

    private static int At(TensorShape shape, int channel, int row, int column) => (((channel * shape.Height) + row) * shape.Width) + column;
}
