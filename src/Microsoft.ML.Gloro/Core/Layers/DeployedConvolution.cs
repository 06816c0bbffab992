namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A two-dimensional convolution (a cross-correlation, as in all deep learning libraries) with zero padding and a bias per output channel.
/// </summary>
internal sealed class DeployedConvolution : DeployedLayer
{
    /// <param name="kernel">Weights in the order [outChannels, inChannels, kernelHeight, kernelWidth].</param>
    /// <param name="bias">One value per output channel.</param>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="kernelHeight">Height of the kernel.</param>
    /// <param name="kernelWidth">Width of the kernel.</param>
    /// <param name="stride">Step between output positions, the same in both directions.</param>
    /// <param name="padding">Zeros added around the input.</param>
    public DeployedConvolution(
        float[] kernel,
        float[] bias,
        int inChannels,
        int outChannels,
        int kernelHeight,
        int kernelWidth,
        int stride,
        ZeroPadding padding)
    {
        if (inChannels < 1 || outChannels < 1 || kernelHeight < 1 || kernelWidth < 1 || stride < 1)
            throw new ArgumentException(
                $"A convolution needs positive sizes, not {outChannels}×{inChannels}×{kernelHeight}×{kernelWidth}, stride {stride}.");
        if (padding.Top < 0 || padding.Left < 0 || padding.Bottom < 0 || padding.Right < 0)
            throw new ArgumentException("A convolution's padding cannot be negative.", nameof(padding));
        if (kernel.LongLength != (long)outChannels * inChannels * kernelHeight * kernelWidth)
            throw new ArgumentException(
                $"A {outChannels}×{inChannels}×{kernelHeight}×{kernelWidth} kernel cannot have {kernel.Length} weights.", nameof(kernel));
        if (bias.Length != outChannels)
            throw new ArgumentException($"{outChannels} output channels need as many biases, not {bias.Length}.", nameof(bias));
        (Kernel, Bias, InChannels, OutChannels) = (kernel, bias, inChannels, outChannels);
        (KernelHeight, KernelWidth, Stride, Padding) = (kernelHeight, kernelWidth, stride, padding);
    }

    public float[] Kernel { get; }

    public float[] Bias { get; }

    public int InChannels { get; }

    public int OutChannels { get; }

    public int KernelHeight { get; }

    public int KernelWidth { get; }

    public int Stride { get; }

    public ZeroPadding Padding { get; }

    public override string Kind => Format.Name;

    public static LayerKind Format { get; } = new(
        "convolution",
        typeof(DeployedConvolution),
        [
            new("kernel", Least: 1, [NumberLimit.Activations, NumberLimit.Activations, NumberLimit.Side, NumberLimit.Side], IsList: true),
            new("stride", Least: 1, [NumberLimit.Side]),
            new("padding", Least: 0, [NumberLimit.Side, NumberLimit.Side, NumberLimit.Side, NumberLimit.Side], IsList: true),
        ],
        numbers => [numbers[0], [numbers[0][0]]],
        Create);

    public override int[][] Numbers =>
    [
        [OutChannels, InChannels, KernelHeight, KernelWidth],
        [Stride],
        [Padding.Top, Padding.Left, Padding.Bottom, Padding.Right],
    ];

    public override LayerTensor[] Tensors => [new("weight", Kernel), new("bias", Bias)];

    public override TensorShape GetOutputShape(TensorShape input)
    {
        int height = input.Height + Padding.Top + Padding.Bottom - KernelHeight;
        int width = input.Width + Padding.Left + Padding.Right - KernelWidth;
        if (input.Channels != InChannels || height < 0 || width < 0)
            throw new ArgumentException(
                $"A convolution over {InChannels} channels with a {KernelHeight}×{KernelWidth} kernel cannot take {input}.", nameof(input));
        return new TensorShape(OutChannels, (height / Stride) + 1, (width / Stride) + 1);
    }

    private static DeployedConvolution Create(int[][] numbers, float[][] tensors)
    {
        int[] kernel = numbers[0];
        int[] padding = numbers[2];
        return new DeployedConvolution(
            tensors[0],
            tensors[1],
            inChannels: kernel[1],
            outChannels: kernel[0],
            kernelHeight: kernel[2],
            kernelWidth: kernel[3],
            stride: numbers[1][0],
            new ZeroPadding(padding[0], padding[1], padding[2], padding[3]));
    }
}

/// <summary>Zeros added around an image before a convolution.</summary>
internal readonly record struct ZeroPadding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>The same padding on all four sides.</summary>
    public static ZeroPadding All(int size) => new(size, size, size, size);
}

/// <summary>Describes a <see cref="ConvolutionLayer"/>.</summary>
internal sealed record ConvolutionDescription(int Channels, ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text =>
        $"convolution {Channels} {Geometry.KernelSize}×{Geometry.KernelSize}{(Geometry.Stride == 1 ? "" : $" stride {Geometry.Stride}")}";

    internal override TensorShape GetOutputShape(TensorShape input) => Geometry.GetOutputShape(input, Channels);

    internal override long CountWeights(TensorShape input) => (long)Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new ConvolutionLayer(input, Channels, Geometry.KernelSize, context.Factory, Geometry.Stride);
}
