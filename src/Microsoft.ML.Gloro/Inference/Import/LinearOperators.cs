using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The linear layers of a graph. What stands before a layer and is affine for each channel goes into its weights, in double precision; the
/// rounded weights are the model, and the bound is proved for them.
/// </summary>
internal sealed class LinearOperators(ImportBudget budget)
{
    // The most weights of a sum that is written as a matrix: 4096 × 4096.
    private const long MostMatrix = 1L << 24;

    /// <summary>y = Wx + b on all values of a tensor.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="weights">W, [outputs, values of x].</param>
    /// <param name="bias">b.</param>
    /// <param name="shape">The shape of the result.</param>
    public Signal Dense(Signal x, double[] weights, double[] bias, int[] shape)
    {
        int outputs = bias.Length, inputs = x.Source.Shape.Size;
        budget.TakeWeights([outputs, inputs]);
        budget.Work((long)outputs * x.Size);
        var folded = new double[(long)outputs * inputs];
        var sums = (double[])bias.Clone();
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < x.Size; i++)
            {
                double weight = weights[(o * x.Size) + i];
                if (x.Index[i] >= 0)
                    folded[(o * inputs) + x.Index[i]] += weight * x.ScaleAt(i);
                sums[o] += weight * x.ShiftAt(i);
            }
        }

        return Signal.Of(new DenseSource(x.Source, folded, sums), shape);
    }

    /// <summary>A convolution; the kernel is [outputs, channels of x, height, width].</summary>
    public Signal Convolution(FileNode node, Signal x, double[] kernel, double[] bias, KernelGeometry geometry)
    {
        ImageForm form = ImageForm.Of(x) ?? throw node.Unsupported(
            "its input is not made of whole channels of an image with zeros around them",
            "Images need channels × height × width with three channels as input, and no cropping, mirrored padding or values that differ "
            + "from pixel to pixel in front of a convolution.");
        (int outputs, int taps) = (bias.Length, geometry.Height * geometry.Width);
        (int height, int width) = (x.Shape[2], x.Shape[3]);
        ZeroPadding pad = geometry.Padding;
        var shape = new TensorShape(
            outputs,
            Outputs(node, height + pad.Top + pad.Bottom, geometry.Height, geometry.Stride),
            Outputs(node, width + pad.Left + pad.Right, geometry.Width, geometry.Stride));
        ImportBudget.Check([1, shape.Channels, shape.Height, shape.Width]);
        ZeroPadding border = form.Border;
        geometry = geometry with
        {
            Padding = new(pad.Top + border.Top, pad.Left + border.Left, pad.Bottom + border.Bottom, pad.Right + border.Right),
        };

        bool isShifted = form.Channels.Any(channel => channel is { Shift: not 0 });
        bool shiftsFirst = isShifted && geometry.HasPadding;
        if (isShifted && form.IsFilled)
        {
            throw node.Unsupported(
                "a summand is added to blocks of pixels that reach beyond the image", "Let the block divide the image's sides.");
        }

        Channel[] channels = shiftsFirst ? ShiftedChannels(form, x.Source.Shape.Channels) : PickedChannels.All(x.Source.Shape);
        int inputs = channels.Length * form.Block * form.Block;
        budget.TakeWeights([outputs, inputs, geometry.Height, geometry.Width]);
        budget.Work((long)outputs * form.Channels.Length * taps);
        var folded = new double[(long)outputs * inputs * taps];
        var sums = (double[])bias.Clone();
        for (int o = 0; o < outputs; o++)
        {
            for (int c = 0; c < form.Channels.Length; c++)
            {
                if (form.Channels[c] is not { } channel)
                    continue;
                Channel plain = Unblocked(channel, x.Source.Shape.Channels);
                int to = shiftsFirst ? Array.IndexOf(channels, plain) : plain.Index;
                to += channel.Index / x.Source.Shape.Channels * channels.Length;
                double scale = shiftsFirst ? 1 : channel.Scale;
                for (int t = 0; t < taps; t++)
                {
                    double weight = kernel[(((o * form.Channels.Length) + c) * taps) + t];
                    folded[(((o * inputs) + to) * taps) + t] += weight * scale;
                    if (!shiftsFirst)
                        sums[o] += weight * channel.Shift;
                }
            }
        }

        var source = new ConvolutionSource(x.Source, channels, form.Block, folded, sums, geometry, shape);
        return Signal.Of(source, 1, outputs, shape.Height, shape.Width);
    }

    /// <summary>
    /// x + y, where both are linear in the outputs of one layer: the same values, one layer beside a shortcut, or two layers. The sum is
    /// one layer, so that its norm is that of the sum and not 1 plus a norm.
    /// </summary>
    public Signal Add(FileNode node, Signal x, Signal y)
    {
        if (x.ReadsAs(y))
        {
            return x with
            {
                Scale = [.. Enumerable.Range(0, x.Size).Select(i => x.ScaleAt(i) + y.ScaleAt(i))],
                Shift = [.. Enumerable.Range(0, x.Size).Select(i => x.ShiftAt(i) + y.ShiftAt(i))],
            };
        }

        foreach (SourceLayer common in new[] { x.Source, y.Source, Before(x.Source), Before(y.Source) }.OfType<SourceLayer>().Distinct())
        {
            if (AddAsConvolutions(x, y, common) is { } image)
                return image;
            if (AddAsMatrices(x, y, common) is { } vector)
                return vector;
        }

        throw node.Unsupported(
            "it adds two tensors that are not both linear in the outputs of one layer",
            "A shortcut may go around one convolution, dense layer or affine map. Around an activation the norm is 1 + L, and there is no "
            + "layer for that: use x + Wx and then the activation, as LiResNet does.");
    }

    private static SourceLayer? Before(SourceLayer source) => source switch
    {
        ConvolutionSource { IsDirect: true } convolution => convolution.Of,
        DenseSource dense => dense.Of,
        _ => null,
    };

    private static int Outputs(FileNode node, int side, int kernel, int stride) =>
        side >= kernel ? ((side - kernel) / stride) + 1 : throw node.Damaged("its kernel is larger than the image");

    // Channels of the blocks as channels of the image, each with its factor and summand.
    private static Channel Unblocked(Channel channel, int channels) => channel with { Index = channel.Index % channels };

    private static Channel[] ShiftedChannels(ImageForm form, int channels) =>
        [.. form.Channels.OfType<Channel>().Select(c => Unblocked(c, channels)).Distinct().OrderBy(c => c.Index)];

    private Signal? AddAsConvolutions(Signal x, Signal y, SourceLayer of)
    {
        if (AsConvolution(x, of) is not { } first || AsConvolution(y, of) is not { } second
            || first.Geometry.Stride != second.Geometry.Stride)
            return null;
        var (a, b) = (first.Geometry, second.Geometry);
        int top = Math.Max(a.Padding.Top, b.Padding.Top), left = Math.Max(a.Padding.Left, b.Padding.Left);
        int height = top + Math.Max(a.Height - a.Padding.Top, b.Height - b.Padding.Top);
        int width = left + Math.Max(a.Width - a.Padding.Left, b.Width - b.Padding.Left);
        (int outputs, int inputs) = (first.Bias.Length, of.Shape.Channels);
        var shape = new TensorShape(outputs, x.Shape[2], x.Shape[3]);
        int bottom = Math.Max(0, ((shape.Height - 1) * a.Stride) + height - of.Shape.Height - top);
        int right = Math.Max(0, ((shape.Width - 1) * a.Stride) + width - of.Shape.Width - left);
        var sum = new KernelGeometry(height, width, a.Stride, new ZeroPadding(top, left, bottom, right));
        if ((of.Shape.Height + top + bottom - height) / a.Stride != shape.Height - 1
            || (of.Shape.Width + left + right - width) / a.Stride != shape.Width - 1)
            return null;
        budget.TakeWeights([outputs, inputs, height, width]);
        var kernel = new double[(long)outputs * inputs * height * width];
        var bias = new double[outputs];
        foreach (var (part, window, summands) in new[] { first, second })
        {
            (int down, int across) = (top - window.Padding.Top, left - window.Padding.Left);
            for (int i = 0; i < part.Length; i++)
            {
                (int pair, int tap) = Math.DivRem(i, window.Height * window.Width);
                (int row, int column) = Math.DivRem(tap, window.Width);
                kernel[(((pair * height) + row + down) * width) + column + across] += part[i];
            }

            for (int o = 0; o < outputs; o++)
                bias[o] += summands[o];
        }

        return Signal.Of(new ConvolutionSource(of, PickedChannels.All(of.Shape), 1, kernel, bias, sum, shape), x.Shape);
    }

    /// <summary>The tensor as a convolution of the outputs of a layer; null if it is none.</summary>
    private (double[] Kernel, KernelGeometry Geometry, double[] Bias)? AsConvolution(Signal signal, SourceLayer of)
    {
        if (ImageForm.Of(signal) is not { Block: 1 } form || form.Border != default || form.Channels.Any(channel => channel is null))
            return null;
        Channel[] rows = [.. form.Channels.OfType<Channel>()];
        if (signal.Source == of)
        {
            var kernel = new double[budget.TakeWeights([rows.Length, of.Shape.Channels])];
            for (int o = 0; o < rows.Length; o++)
                kernel[(o * of.Shape.Channels) + rows[o].Index] = rows[o].Scale;
            return (kernel, new KernelGeometry(1, 1, 1, default), [.. rows.Select(row => row.Shift)]);
        }

        if (signal.Source is not ConvolutionSource { IsDirect: true } convolution || convolution.Of != of)
            return null;
        budget.TakeWeights([rows.Length, convolution.Kernel.Length / convolution.Bias.Length]);
        var (weights, bias) = PickedRows.Of(rows, convolution.Kernel, convolution.Bias);
        return (weights, convolution.Geometry, bias);
    }

    private Signal? AddAsMatrices(Signal x, Signal y, SourceLayer of)
    {
        if ((long)x.Size * of.Shape.Size > MostMatrix)
            return null;
        if (AsMatrix(x, of) is not { } first || AsMatrix(y, of) is not { } second)
            return null;
        budget.TakeWeights([x.Size, of.Shape.Size]);
        return Signal.Of(
            new DenseSource(of, [.. first.Weights.Zip(second.Weights, (a, b) => a + b)], [.. first.Bias.Zip(second.Bias, (a, b) => a + b)]),
            x.Shape);
    }

    private (double[] Weights, double[] Bias)? AsMatrix(Signal signal, SourceLayer of)
    {
        int inputs = of.Shape.Size;
        if (signal.Source == of || (signal.Source is DenseSource dense && dense.Of == of))
            budget.TakeWeights([signal.Size, inputs]);
        else
            return null;
        var weights = new double[(long)signal.Size * inputs];
        var bias = new double[signal.Size];
        for (int i = 0; i < signal.Size; i++)
        {
            bias[i] = signal.ShiftAt(i);
            int from = signal.Index[i];
            if (from < 0)
                continue;
            if (signal.Source == of)
            {
                weights[(i * inputs) + from] = signal.ScaleAt(i);
                continue;
            }

            var layer = (DenseSource)signal.Source;
            bias[i] += signal.ScaleAt(i) * layer.Bias[from];
            for (int j = 0; j < inputs; j++)
                weights[(i * inputs) + j] = signal.ScaleAt(i) * layer.Weights[(from * inputs) + j];
        }

        return (weights, bias);
    }
}
