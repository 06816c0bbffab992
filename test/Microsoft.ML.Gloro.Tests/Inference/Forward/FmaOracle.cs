using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>
/// The arithmetic that ForwardPass documents, written down once more: one value after the other, channels first, with
/// <see cref="Math.FusedMultiplyAdd"/> and the padding counted. What it gives must be met to the last bit.
/// </summary>
internal static class FmaOracle
{
    /// <summary>
    /// The logits of one input. With <paramref name="channelsFirst"/> the terms are added in another order than the documented one.
    /// </summary>
    public static float[] Run(DeployedNetwork network, ReadOnlySpan<float> input, bool channelsFirst = false)
    {
        double[][] views =
        [
            .. TurnedImages.Of(network.Views, network.InputShape, input.ToArray()).Select(view => Sums(network, view, channelsFirst)),
        ];
        return Array.ConvertAll(views.Aggregate((sum, view) => [.. sum.Zip(view, (x, y) => x + y)]), x => (float)(x / views.Length));
    }

    private static double[] Sums(DeployedNetwork network, float[] input, bool channelsFirst)
    {
        double[] values = Array.ConvertAll(input, x => (double)x);
        for (int i = 0; i < network.Layers.Count; i++)
            values = Apply(network.Layers[i], network.Shapes[i], network.Shapes[i + 1], values, channelsFirst);
        return values;
    }

    private static double[] Apply(DeployedLayer layer, TensorShape shape, TensorShape output, double[] x, bool channelsFirst)
    {
        switch (layer)
        {
            case DeployedConvolution c:
                return Fill(
                    output,
                    (o, i, j) => Convolve(c, shape, x, o, (i * c.Stride) - c.Padding.Top, (j * c.Stride) - c.Padding.Left, channelsFirst));
            case DeployedDense dense:
                return Fill(output, (o, _, _) => Dense(dense, x, o));
            case DeployedScaling scaling:
                return Fill(output, (o, i, j) => Math.FusedMultiplyAdd(scaling.Scale[o], x[At(shape, o, i, j)], scaling.Shift[o]));
            case DeployedActivation { Function: ActivationFunction.ReLU }:
                return Array.ConvertAll(x, value => value > 0 ? value : value - value);
            case DeployedActivation { Function: ActivationFunction.Absolute }:
                return Array.ConvertAll(x, Math.Abs);
            case DeployedActivation { Function: ActivationFunction.HalfAbsolute }:
                return [.. x.Select((value, i) => i < x.Length / 2 ? value : Math.Abs(value))];
            case DeployedActivation:
                int half = x.Length / 2;
                return
                [
                    .. Enumerable.Range(0, half).Select(i => x[i] > x[half + i] ? x[i] : x[half + i]),
                    .. Enumerable.Range(0, half).Select(i => x[i] > x[half + i] ? x[half + i] : x[i]),
                ];
            case DeployedAveragePooling pooling:
                return Fill(output, (o, i, j) => Average(pooling.Size, shape, x, o, i, j));
            case DeployedSpaceToDepth depth:
                return Fill(output, (o, i, j) =>
                {
                    (int place, int channel) = Math.DivRem(o, shape.Channels);
                    (int row, int column) = ((i * depth.Block) + (place / depth.Block), (j * depth.Block) + (place % depth.Block));
                    return row < shape.Height && column < shape.Width ? x[At(shape, channel, row, column)] : 0;
                });
            case DeployedChannelShift:
                return ReferenceForward.Apply(layer, shape, x); // nothing is computed
            default:
                return layer is DeployedFlatten ? x : throw new NotSupportedException(layer.Kind);
        }
    }

    private static double Convolve(DeployedConvolution c, TensorShape shape, double[] x, int o, int top, int left, bool channelsFirst)
    {
        var terms = from u in Enumerable.Range(0, c.KernelHeight)
                    from v in Enumerable.Range(0, c.KernelWidth)
                    from channel in Enumerable.Range(0, c.InChannels)
                    select (u, v, channel);
        if (channelsFirst)
            terms = terms.OrderBy(t => t.channel);
        double sum = 0;
        foreach ((int u, int v, int channel) in terms)
        {
            (int row, int column) = (top + u, left + v);
            double value = row >= 0 && row < shape.Height && column >= 0 && column < shape.Width ? x[At(shape, channel, row, column)] : 0;
            sum = Math.FusedMultiplyAdd(
                c.Kernel[(((((o * c.InChannels) + channel) * c.KernelHeight) + u) * c.KernelWidth) + v], value, sum);
        }

        return sum + c.Bias[o];
    }

    private static double Dense(DeployedDense dense, double[] x, int o)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum = Math.FusedMultiplyAdd(dense.Row(o)[i], x[i], sum);
        return sum + dense.Bias[o];
    }

    private static double Average(int size, TensorShape shape, double[] x, int o, int i, int j)
    {
        double sum = 0;
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
                sum += x[At(shape, o, (i * size) + row, (j * size) + column)];
        }

        return sum * (1.0 / (size * size));
    }

    private static double[] Fill(TensorShape shape, Func<int, int, int, double> value)
    {
        var y = new double[shape.Size];
        for (int o = 0; o < shape.Channels; o++)
        {
            for (int i = 0; i < shape.Height; i++)
            {
                for (int j = 0; j < shape.Width; j++)
                    y[At(shape, o, i, j)] = value(o, i, j);
            }
        }

        return y;
    }

    private static int At(TensorShape shape, int channel, int row, int column) => (((channel * shape.Height) + row) * shape.Width) + column;
}
