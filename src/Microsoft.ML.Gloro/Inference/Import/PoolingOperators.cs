using System.Numerics;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Means and maxima of blocks of pixels.</summary>
internal sealed class PoolingOperators(LinearOperators linear, ActivationOperators activations)
{
    /// <summary>Means of windows. Without overlap it is a pooling layer; otherwise a convolution, whose norm is proved like any other.</summary>
    public Signal Average(OnnxNode node, Signal x, KernelGeometry window)
    {
        if (window.Height == window.Width && window.Stride == window.Height && !window.HasPadding)
        {
            var source = new PoolingSource(x.Source, Channels(node, x), window.Height);
            return Signal.Of(source, 1, source.Shape.Channels, source.Shape.Height, source.Shape.Width);
        }

        if (window.HasPadding && node.Integer("count_include_pad", 0) == 0)
            throw node.Unsupported("it leaves padding out of the count", "Use count_include_pad=True, or no padding.");
        int channels = x.Shape[1], taps = window.Height * window.Width;
        ImportBudget.Check([channels, channels, taps]);
        var kernel = new double[channels * channels * taps];
        for (int c = 0; c < channels; c++)
            kernel.AsSpan(((c * channels) + c) * taps, taps).Fill(1.0 / taps);
        return linear.Convolution(node, x, kernel, new double[channels], window);
    }

    /// <summary>The mean of each channel.</summary>
    public Signal GlobalAverage(OnnxNode node, Signal x)
    {
        if (x.Shape is not [1, _, var height, var width])
            throw node.Unsupported("its input is not an image", "Use it on channels × height × width.");
        return Average(node, x, new KernelGeometry(height, width, height, default));
    }

    /// <summary>
    /// Maxima of size × size blocks without overlap: blocks become channels, of which half are compared with the other half until one is
    /// left. Each step is MinMax, and dropping the minima is a projection, so the norm is 1.
    /// </summary>
    public Signal Maximum(OnnxNode node, Signal x, int size)
    {
        if (!BitOperations.IsPow2(size) || x.Shape is not [1, var channels, var height, var width]
            || height % size != 0 || width % size != 0)
        {
            throw node.Unsupported(
                "its windows have sides that are no power of 2, or do not fill the image",
                "Use 2 × 2 windows on an image with even sides, or average pooling.");
        }

        if (size == 1)
            return x;
        var source = new SpaceToDepthSource(x.Source, Channels(node, x), size);
        Signal rest = Signal.Of(source, 1, channels * size * size, height / size, width / size);
        while (rest.Shape[1] > channels)
        {
            int half = rest.Shape[1] / 2;
            var (shape, first) = TensorMoves.Slice(rest.Shape, axis: 1, start: 0, half, step: 1);
            int[] second = TensorMoves.Slice(rest.Shape, axis: 1, start: half, half, step: 1).Places;
            rest = activations.OfPair(node, rest.Pick(shape, first), rest.Pick(shape, second), isMaximum: true);
        }

        return rest;
    }

    private static Channel[] Channels(OnnxNode node, Signal x) =>
        ImageForm.Of(x) is { Block: 1 } form && form.Border == default && form.Channels.All(channel => channel is not null)
            ? [.. form.Channels.Select(channel => channel!.Value)]
            : throw node.Unsupported(
                "its input is not made of whole channels of an image", "Pool the output of a convolution or an activation.");
}
