namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Kernel size, stride and padding of a trainable convolution. The padding is ⌈(k − s)/2⌉ on all sides, as is usual: an odd kernel of
/// stride 1 keeps the image's size, 4 × 4 with stride 2 halves it, and patches (k = s) have no padding.
/// </summary>
internal readonly record struct ConvolutionGeometry
{
    /// <param name="kernelSize">k.</param>
    /// <param name="stride">s.</param>
    /// <exception cref="ArgumentException">There is no such convolution; the message says why.</exception>
    public ConvolutionGeometry(int kernelSize, int stride)
    {
        if (stride < 1)
            throw new ArgumentException($"A convolution's stride must be at least 1, not {stride}.", nameof(stride));
        if (stride == 1 && (kernelSize < 1 || kernelSize % 2 == 0))
        {
            throw new ArgumentException(
                $"A convolution that keeps the size of its input needs an odd kernel, not {kernelSize}.", nameof(kernelSize));
        }

        if (kernelSize < stride)
        {
            throw new ArgumentException(
                $"A convolution of stride {stride} needs a kernel of at least {stride}, not {kernelSize}, or pixels would be left out.",
                nameof(kernelSize));
        }

        (KernelSize, Stride) = (kernelSize, stride);
    }

    public int KernelSize { get; }

    public int Stride { get; }

    public int Padding => (KernelSize - Stride + 1) / 2;

    /// <summary>The smallest offset that the kernel reaches, in blocks of s pixels as in <see cref="TapRange"/>.</summary>
    public int FirstTap => -((Padding + Stride - 1) / Stride);

    /// <summary>The largest such offset.</summary>
    public int LastTap => (KernelSize - 1 - Padding) / Stride;

    /// <summary>The shape of the output.</summary>
    /// <exception cref="ArgumentException">The image is smaller than the kernel, even with its padding.</exception>
    public TensorShape GetOutputShape(TensorShape input, int channels) =>
        Math.Min(input.Height, input.Width) + (2L * Padding) >= KernelSize
        ? new TensorShape(channels, Outputs(input.Height), Outputs(input.Width))
        : throw new ArgumentException($"a {KernelSize}×{KernelSize} kernel with padding {Padding} is larger than the image");

    /// <summary>
    /// One dimension as a circular convolution of stride 1 on blocks of s pixels: the map whose norm training uses.
    /// </summary>
    public TapRange Circle(int pixels)
    {
        var range = TapRange.Create(pixels, KernelSize, Stride, Padding, Outputs(pixels));

        // With one tap a circle of one block would do. Power iteration still uses the whole image: the size of its random start vector
        // determines the weights that are drawn after it, and the same seed must keep giving the same weights.
        return range.Count > 1 ? range : range with { Period = Math.Max(((pixels - 1) / Stride) + 1, Outputs(pixels)) };
    }

    private int Outputs(int pixels) => checked(((pixels + (2 * Padding) - KernelSize) / Stride) + 1);
}
