
namespace Microsoft.ML.Gloro.Core;

/// <summary>Writes linear plain layers as <see cref="TapKernel"/>s.</summary>
internal static class ConvolutionTaps
{
    // Multiplications of the Gram matrix of all pixels: about a second. 16 channels of 8 × 8 pixels are half of it.
    private const long MostWork = 1L << 31;

    /// <summary>
    /// The circular stride-1 convolution that contains <paramref name="layer"/> on inputs of <paramref name="input"/>; null if no output
    /// sees any pixel.
    /// </summary>
    public static TapKernel? Of(DeployedConvolution layer, TensorShape input)
    {
        TensorShape output = layer.GetOutputShape(input);
        var high = TapRange.Create(input.Height, layer.KernelHeight, layer.Stride, layer.Padding.Top, output.Height);
        var wide = TapRange.Create(input.Width, layer.KernelWidth, layer.Stride, layer.Padding.Left, output.Width);
        if (high.Count < 1 || wide.Count < 1)
            return null;

        var positions = new (int U, int V)[checked(high.Count * wide.Count)];
        for (int tap = 0; tap < positions.Length; tap++)
            positions[tap] = (tap / wide.Count, tap % wide.Count);
        int stride = layer.Stride;
        return new TapKernel(layer.OutChannels, checked(layer.InChannels * stride * stride), positions, high.Period, wide.Period, Weight);

        // Input i of a block is pixel (r, t) of the block in channel c, i = (r·s + t)·channels + c; it meets kernel tap (u, v), if there is
        // such a tap.
        double Weight(int tap, int o, int i)
        {
            int c = i % layer.InChannels;
            int place = i / layer.InChannels;
            int u = (stride * (high.First + positions[tap].U)) + (place / stride) + layer.Padding.Top;
            int v = (stride * (wide.First + positions[tap].V)) + (place % stride) + layer.Padding.Left;
            return KernelAt(layer, o, c, u, v);
        }
    }

    /// <summary>The matrix from all input pixels to all outputs; null where the layer is large.</summary>
    public static TapKernel? OfPixels(DeployedConvolution layer, TensorShape input)
    {
        TensorShape output = layer.GetOutputShape(input);
        Int128 rows = Math.Min(input.Size, output.Size), columns = Math.Max(input.Size, output.Size);
        return rows * rows * columns > MostWork ? null : new TapKernel(output.Size, input.Size, [(0, 0)], 1, 1, Weight);

        double Weight(int tap, int to, int from)
        {
            (int o, int outputPixel) = Math.DivRem(to, output.Height * output.Width);
            (int c, int inputPixel) = Math.DivRem(from, input.Height * input.Width);
            int u = (inputPixel / input.Width) + layer.Padding.Top - (outputPixel / output.Width * layer.Stride);
            int v = (inputPixel % input.Width) + layer.Padding.Left - (outputPixel % output.Width * layer.Stride);
            return KernelAt(layer, o, c, u, v);
        }
    }

    /// <summary>A matrix is a convolution with one tap on one position.</summary>
    public static TapKernel Of(DeployedDense layer) =>
        new(layer.Outputs, layer.Inputs, [(0, 0)], 1, 1, (_, o, i) => layer.Weights[(o * layer.Inputs) + i]);

    /// <summary>
    /// W·diag(<paramref name="factors"/>). The products are rounded to double, by u relatively. With one tap the phase is 1 exactly, and
    /// what <see cref="TapKernel.TransformError"/> allows for phases, 2⁻⁴⁷, covers that rounding instead.
    /// </summary>
    public static TapKernel Of(DeployedDense layer, double[] factors) =>
        new(layer.Outputs, layer.Inputs, [(0, 0)], 1, 1, (_, o, i) => layer.Weights[(o * layer.Inputs) + i] * factors[i]);

    /// <summary>The weight of an output and an input channel at a kernel position; 0 beside the kernel.</summary>
    private static float KernelAt(DeployedConvolution layer, int o, int c, int u, int v)
    {
        bool inside = u >= 0 && u < layer.KernelHeight && v >= 0 && v < layer.KernelWidth;
        return inside ? layer.Kernel[(((((o * layer.InChannels) + c) * layer.KernelHeight) + u) * layer.KernelWidth) + v] : 0;
    }
}
