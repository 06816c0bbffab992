using System.Numerics;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>Means and maxima of blocks of pixels.</summary>
internal sealed class PoolingOperators(LinearOperators linear, ActivationOperators activations)
{
    /// <summary>
    /// Means of windows. Without overlap it is a pooling layer; otherwise a convolution, whose norm is proved like any other.
    /// </summary>
    public Signal Average(FileNode node, Signal x, KernelGeometry window)
    {
        if (window.Height == window.Width && window.Stride == window.Height && !window.HasPadding)
        {
            Channel[] read = Channels(node, x);
            if (x.Source is ConvolutionSource)
            {
                // Reordered and scaled rows of the convolution cost nothing.
                var pool = new PoolingSource(x.Source, read, window.Height);
                return Signal.Of(pool, 1, read.Length, pool.Shape.Height, pool.Shape.Width);
            }

            // Means commute with the order, factors and summands of channels, which then go into the next layer.
            var source = new PoolingSource(x.Source, PickedChannels.All(x.Source.Shape), window.Height);
            return Picked(source, read);
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
    public Signal GlobalAverage(FileNode node, Signal x)
    {
        if (x.Shape is not [1, _, var height, var width])
            throw node.Unsupported("its input is not an image", "Use it on channels × height × width.");
        return Average(node, x, new KernelGeometry(height, width, height, default));
    }

    /// <summary>
    /// Maxima of size × size blocks without overlap: blocks become channels, of which half are compared with the other half until one is
    /// left. Each step is MinMax, and dropping the minima is a projection, so the norm is 1.
    /// </summary>
    public Signal Maximum(FileNode node, Signal x, int size)
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
        Channel[] read = Channels(node, x);
        bool isOrder = x.Source is not ConvolutionSource && read.All(channel => channel is { Scale: 1, Shift: 0 });
        var source = new SpaceToDepthSource(x.Source, isOrder ? PickedChannels.All(x.Source.Shape) : read, size);
        Channel[] picked =
        [
            .. Enumerable.Range(0, size * size).SelectMany(pixel => Enumerable.Range(0, channels)
                .Select(c => new Channel((pixel * (source.Shape.Channels / (size * size))) + (isOrder ? read[c].Index : c)))),
        ];
        Signal rest = Picked(source, picked);
        while (rest.Shape[1] > channels)
        {
            int half = rest.Shape[1] / 2;
            var (shape, first) = TensorMoves.Slice(rest.Shape, axis: 1, start: 0, half, step: 1);
            int[] second = TensorMoves.Slice(rest.Shape, axis: 1, start: half, half, step: 1).Places;
            rest = activations.OfPair(node, rest.Pick(shape, first), rest.Pick(shape, second), isMaximum: true);
        }

        return rest;
    }

    private static Signal Picked(SourceLayer source, Channel[] channels)
    {
        int pixels = source.Shape.Height * source.Shape.Width;
        Signal all = Signal.Of(source, 1, source.Shape.Channels, source.Shape.Height, source.Shape.Width);
        int[] places = [.. channels.SelectMany(channel => Enumerable.Range(channel.Index * pixels, pixels))];
        return all.Pick([1, channels.Length, source.Shape.Height, source.Shape.Width], places)
            .Affine(i => channels[i / pixels].Scale, i => channels[i / pixels].Shift);
    }

    private static Channel[] Channels(FileNode node, Signal x) =>
        ImageForm.Of(x) is { Block: 1 } form && form.Border == default && form.Channels.All(channel => channel is not null)
            ? [.. form.Channels.Select(channel => channel!.Value)]
            : throw node.Unsupported(
                "its input is not made of whole channels of an image", "Pool the output of a convolution or an activation.");
}
