using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The linear layers of a graph. What stands before a layer and is affine for each channel goes into its weights, in double precision; the
/// rounded weights are the model, and the bound is proved for them.
/// </summary>
internal sealed class LinearOperators(ImportBudget budget)
{
    /// <summary>y = Wx + b on all values of a tensor.</summary>
    /// <param name="x">The tensor.</param>
    /// <param name="weights">W, [outputs, values of x].</param>
    /// <param name="bias">b.</param>
    /// <param name="shape">The shape of the result.</param>
    public Signal Dense(Signal x, double[] weights, double[] bias, int[] shape)
    {
        SourceLayer of = Mixtures.Root(x.Source);
        int outputs = bias.Length, inputs = of.Shape.Size;
        budget.TakeWeights([outputs, inputs]);
        var folded = new double[(long)outputs * inputs];
        var sums = (double[])bias.Clone();
        for (int i = 0; i < x.Size; i++)
        {
            (int Place, double Scale)[] terms = Mixtures.Terms(x, i);
            budget.Work((long)outputs * (terms.Length + 1));
            for (int o = 0; o < outputs; o++)
            {
                double weight = weights[(o * x.Size) + i];
                foreach (var (place, scale) in terms)
                    folded[(o * inputs) + place] += weight * scale;
                sums[o] += weight * x.ShiftAt(i);
            }
        }

        return Signal.Of(new DenseSource(of, folded, sums), shape);
    }

    /// <summary>A convolution; the kernel is [outputs, channels of x, height, width].</summary>
    public Signal Convolution(FileNode node, Signal x, double[] kernel, double[] bias, KernelGeometry geometry)
    {
        ImageForm form = ImageForm.Of(x) ?? throw node.Unsupported(
            "its input is not made of whole channels of an image with zeros around them",
            "Let the graph's input be channels × height × width, pad with zeros (not circular or mirrored), and neither crop nor scale "
            + "single pixels in front of a convolution.");
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

        SourceLayer of = shiftsFirst ? x.Source : Mixtures.Root(x.Source);
        Channel[] channels = shiftsFirst ? ShiftedChannels(form, x.Source.Shape.Channels) : PickedChannels.All(of.Shape);
        int inputs = channels.Length * form.Block * form.Block;
        budget.TakeWeights([outputs, inputs, geometry.Height, geometry.Width]);
        var folded = new double[(long)outputs * inputs * taps];
        var sums = (double[])bias.Clone();
        for (int c = 0; c < form.Channels.Length; c++)
        {
            if (form.Channels[c] is not { } channel)
                continue;
            Channel plain = Unblocked(channel, x.Source.Shape.Channels);
            int place = channel.Index / x.Source.Shape.Channels * channels.Length;
            Channel[] terms = shiftsFirst
                ? [new Channel(Array.IndexOf(channels, plain))]
                : Mixtures.Terms(x.Source, plain.Index, channel.Scale);
            budget.Work((long)outputs * taps * terms.Length);
            for (int o = 0; o < outputs; o++)
            {
                for (int t = 0; t < taps; t++)
                {
                    double weight = kernel[(((o * form.Channels.Length) + c) * taps) + t];
                    foreach (Channel term in terms)
                        folded[(((o * inputs) + place + term.Index) * taps) + t] += weight * term.Scale;
                    if (!shiftsFirst)
                        sums[o] += weight * channel.Shift;
                }
            }
        }

        var source = new ConvolutionSource(of, channels, form.Block, folded, sums, geometry, shape);
        return Signal.Of(source, 1, outputs, shape.Height, shape.Width);
    }

    private static int Outputs(FileNode node, int side, int kernel, int stride) =>
        side >= kernel ? ((side - kernel) / stride) + 1 : throw node.Damaged("its kernel is larger than the image");

    // Channels of the blocks as channels of the image, each with its factor and summand.
    private static Channel Unblocked(Channel channel, int channels) => channel with { Index = channel.Index % channels };

    private static Channel[] ShiftedChannels(ImageForm form, int channels) =>
        [.. form.Channels.OfType<Channel>().Select(c => Unblocked(c, channels)).Distinct().OrderBy(c => c.Index)];
}
