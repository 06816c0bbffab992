
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Where a trainable convolution has its kernel. The padding ⌈(k − s)/2⌉ on all sides is the field's: an odd kernel of stride 1 keeps the image's size, 4 × 4 with stride 2 and
/// padding 1 halves it, and patches (k = s) have none.
/// </summary>
internal readonly record struct ConvolutionGeometry
{
    /// <param name="kernelSize">k.</param>
    /// <param name="stride">s.</param>
    /// <exception cref="ArgumentException">There is no such convolution.</exception>
    public ConvolutionGeometry(int kernelSize, int stride)
    {
        if (stride < 1)
            throw new ArgumentException($"A convolution's stride must be at least 1, not {stride}.", nameof(stride));
        if (stride == 1 && (kernelSize < 1 || kernelSize % 2 == 0))
            throw new ArgumentException($"A convolution that keeps the size of its input needs an odd kernel, not {kernelSize}.", nameof(kernelSize));
        if (kernelSize < stride)
            throw new ArgumentException($"A convolution of stride {stride} needs a kernel of at least {stride}, not {kernelSize}, or pixels would be left out.", nameof(kernelSize));
        (KernelSize, Stride) = (kernelSize, stride);
    }

    public int KernelSize { get; }

    public int Stride { get; }

    public int Padding => (KernelSize - Stride + 1) / 2;

    /// <summary>The smallest offset in blocks of s pixels, as <see cref="TapRange"/> counts them, that the kernel reaches to.</summary>
    public int FirstTap => -((Padding + Stride - 1) / Stride);

    /// <summary>The largest.</summary>
    public int LastTap => (KernelSize - 1 - Padding) / Stride;

    /// <summary>The shape of the output.</summary>
    /// <exception cref="ArgumentException">Not even with its padding is the image as large as the kernel.</exception>
    public TensorShape GetOutputShape(TensorShape input, int channels) => Math.Min(input.Height, input.Width) + (2L * Padding) >= KernelSize
        ? new TensorShape(channels, Outputs(input.Height), Outputs(input.Width))
        : throw new ArgumentException($"a {KernelSize}×{KernelSize} kernel with padding {Padding} is larger than the image");

    /// <summary>One dimension as a circular convolution of stride 1 on blocks of s pixels: the map whose norm the rigorous bound proves.</summary>
    public TapRange Circle(int pixels)
    {
        var range = TapRange.Create(pixels, KernelSize, Stride, Padding, Outputs(pixels));

        // With one tap a circle of one block has all the norms. Power iteration goes on using the whole image there: its start vector has been drawn for that, and the
        // weights that are drawn after it are a promise.
        return range.Count > 1 ? range : range with { Period = Math.Max(((pixels - 1) / Stride) + 1, Outputs(pixels)) };
    }

    private int Outputs(int pixels) => checked(((pixels + (2 * Padding) - KernelSize) / Stride) + 1);
}
