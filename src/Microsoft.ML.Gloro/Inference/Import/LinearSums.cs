using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Sums of tensors that are linear in the outputs of one layer. A sum is one layer, so that its norm is that of the sum and not the sum of
/// two norms.
/// </summary>
internal sealed class LinearSums(ImportBudget budget)
{
    // The most weights of a sum that is written as a matrix: 4096 × 4096.
    private const long MostMatrix = 1L << 24;

    private readonly Mixtures _mixtures = new(budget);

    /// <summary>
    /// x + y, where both are linear in the outputs of one layer: the same values, one layer beside a shortcut, or two layers.
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

        if (_mixtures.Add(x, y) is { } mixture)
            return mixture;
        foreach (SourceLayer common in new[] { Mixtures.Root(x.Source), Mixtures.Root(y.Source), Before(x.Source), Before(y.Source) }
            .OfType<SourceLayer>().Distinct())
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

    /// <summary>Tensors that are sums of channels of one layer as outputs of one mixture; null if they are not.</summary>
    public Signal[]? Join(Signal[] parts) => _mixtures.Join(parts);

    private static SourceLayer? Before(SourceLayer source) => source switch
    {
        ConvolutionSource { IsDirect: true } convolution => convolution.Of,
        DenseSource dense => dense.Of,
        _ => null,
    };

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
        if (Mixtures.Root(signal.Source) == of)
        {
            var kernel = new double[budget.TakeWeights([rows.Length, of.Shape.Channels])];
            for (int o = 0; o < rows.Length; o++)
            {
                foreach (Channel term in Mixtures.Terms(signal.Source, rows[o].Index, rows[o].Scale))
                    kernel[(o * of.Shape.Channels) + term.Index] = term.Scale;
            }

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
        if (Mixtures.Root(signal.Source) == of || (signal.Source is DenseSource dense && dense.Of == of))
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
            if (Mixtures.Root(signal.Source) == of)
            {
                foreach (var (place, scale) in Mixtures.Terms(signal, i))
                    weights[(i * inputs) + place] = scale;
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
