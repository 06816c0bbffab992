namespace Microsoft.ML.Gloro.Core;

/// <summary>A two-dimensional convolution (cross-correlation, as in every deep learning library) with zero padding, and a bias per output channel.</summary>
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
    public DeployedConvolution(float[] kernel, float[] bias, int inChannels, int outChannels, int kernelHeight, int kernelWidth, int stride, ZeroPadding padding)
    {
        if (inChannels < 1 || outChannels < 1 || kernelHeight < 1 || kernelWidth < 1 || stride < 1)
            throw new ArgumentException($"A convolution needs positive sizes, not {outChannels}×{inChannels}×{kernelHeight}×{kernelWidth}, stride {stride}.");
        if (padding.Top < 0 || padding.Left < 0 || padding.Bottom < 0 || padding.Right < 0)
            throw new ArgumentException("A convolution's padding cannot be negative.", nameof(padding));
        if (kernel.LongLength != (long)outChannels * inChannels * kernelHeight * kernelWidth)
            throw new ArgumentException($"A {outChannels}×{inChannels}×{kernelHeight}×{kernelWidth} kernel cannot have {kernel.Length} weights.", nameof(kernel));
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

    /// <inheritdoc/>
    public override string Kind => "convolution";

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input)
    {
        int height = input.Height + Padding.Top + Padding.Bottom - KernelHeight;
        int width = input.Width + Padding.Left + Padding.Right - KernelWidth;
        if (input.Channels != InChannels || height < 0 || width < 0)
            throw new ArgumentException($"A convolution over {InChannels} channels with a {KernelHeight}×{KernelWidth} kernel cannot take {input}.", nameof(input));
        return new TensorShape(OutChannels, (height / Stride) + 1, (width / Stride) + 1);
    }
}
