using Microsoft.ML.Gloro.Lipschitz;
using Microsoft.ML.Gloro.Plain;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>A convolution of stride 1 that keeps the image's size by zero padding.</summary>
internal class ConvolutionLayer : TrainableLayer
{
    private readonly PlainShape _input;
    private readonly int _kernelSize;
    private readonly PowerIteration _power;

    public ConvolutionLayer(PlainShape input, int outChannels, int kernelSize, LayerFactory factory)
        : this(input, outChannels, kernelSize, factory, factory.OrthogonalKernel(outChannels, input.Channels, RequireOdd(kernelSize)))
    {
    }

    protected ConvolutionLayer(PlainShape input, int outChannels, int kernelSize, LayerFactory factory, Parameter weight)
    {
        (_input, _kernelSize, Weight) = (input, kernelSize, weight);
        Bias = factory.Constant(0, outChannels);
        int half = kernelSize / 2;
        _power = new PowerIteration([1, input.Channels, input.Height + half, input.Width + half], factory.Generator, factory.Device);
    }

    /// <inheritdoc/>
    public override PlainShape OutputShape => _input with { Channels = (int)Bias.shape[0] };

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Buffers => [_power.Vector];

    protected Parameter Weight { get; }

    protected Parameter Bias { get; }

    /// <summary>Refuses kernels that have no centre, before a weight is made.</summary>
    protected static int RequireOdd(int kernelSize) => kernelSize > 0 && kernelSize % 2 == 1
        ? kernelSize
        : throw new ArgumentException($"A convolution that keeps the size of its input needs an odd kernel, not {kernelSize}.", nameof(kernelSize));

    private int Half => _kernelSize / 2;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input, bool training) =>
        nn.functional.conv2d(input, Kernel().to(input.dtype), Bias.to(input.dtype), padding: [Half, Half]);

    /// <inheritdoc/>
    public override Tensor? EstimateNorm(int powerSteps)
    {
        var kernel = Kernel();
        var transposed = kernel.detach().flip(2, 3).transpose(0, 1).contiguous();
        return _power.Estimate(v => Circular(v, kernel), v => Circular(v, transposed), powerSteps);
    }

    /// <inheritdoc/>
    public override IEnumerable<PlainLayer> Condense()
    {
        using var _ = NewDisposeScope();
        return [new PlainConvolution(ToArray(Kernel()), ToArray(Bias), _input.Channels, OutputShape.Channels, _kernelSize, _kernelSize, 1, PlainPadding.All(Half))];
    }

    /// <summary>The kernel that runs.</summary>
    protected virtual Tensor Kernel() => Weight;

    // The zero-padded map on n × n is a part of the circular one on (n + p) × (n + p), whose norm is what the rigorous bound proves:
    // training on that one trains on what will be certified.
    private Tensor Circular(Tensor v, Tensor kernel) => Half == 0
        ? nn.functional.conv2d(v, kernel)
        : nn.functional.conv2d(nn.functional.pad(v, [Half, Half, Half, Half], PaddingModes.Circular), kernel);
}
