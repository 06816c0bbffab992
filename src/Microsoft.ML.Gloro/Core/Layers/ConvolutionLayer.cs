using Microsoft.ML.Gloro.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>A convolution with zero padding, which keeps the image's size or, with a stride, divides it.</summary>
internal class ConvolutionLayer : TrainableLayer
{
    private readonly TensorShape _input;
    private readonly ConvolutionGeometry _geometry;
    private readonly TapRange _high;
    private readonly TapRange _wide;
    private readonly PowerIteration _power;

    public ConvolutionLayer(TensorShape input, int outChannels, int kernelSize, LayerFactory factory, int stride = 1)
        : this(input, outChannels, new ConvolutionGeometry(kernelSize, stride), factory)
    {
    }

    protected ConvolutionLayer(TensorShape input, ConvolutionGeometry geometry, LayerFactory factory, Parameter weight)
    {
        (_input, _geometry, Weight) = (input, geometry, weight);
        OutputShape = geometry.GetOutputShape(input, (int)weight.shape[0]);
        Bias = factory.Constant(0, weight.shape[0]);
        (_high, _wide) = (geometry.Circle(input.Height), geometry.Circle(input.Width));
        int blockChannels = input.Channels * geometry.Stride * geometry.Stride;
        _power = new PowerIteration([1, blockChannels, _high.Period, _wide.Period], factory.Generator, factory.Device);
    }

    private ConvolutionLayer(TensorShape input, int outChannels, ConvolutionGeometry geometry, LayerFactory factory)
        : this(input, geometry, factory, factory.OrthogonalKernel(outChannels, input.Channels, geometry))
    {
    }

    public override TensorShape OutputShape { get; }

    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    public override IEnumerable<Tensor> Buffers => [_power.Vector];

    protected Parameter Weight { get; }

    protected Parameter Bias { get; }

    public override Tensor Forward(Tensor input, bool training) => nn.functional.conv2d(
        input,
        Kernel().to(input.dtype),
        Bias.to(input.dtype),
        strides: [_geometry.Stride, _geometry.Stride],
        padding: [_geometry.Padding, _geometry.Padding]);

    public override Tensor? EstimateNorm(int powerSteps)
    {
        var kernel = OnBlocks(Kernel());
        var transposed = kernel.detach().flip(2, 3).transpose(0, 1).contiguous();
        return _power.Estimate(
            v => Circular(v, kernel, -_wide.First, _wide.Last, -_high.First, _high.Last),
            v => Circular(v, transposed, _wide.Last, -_wide.First, _high.Last, -_high.First),
            powerSteps);
    }

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return
        [
            new DeployedConvolution(
                ToArray(Kernel()),
                ToArray(Bias),
                _input.Channels,
                OutputShape.Channels,
                _geometry.KernelSize,
                _geometry.KernelSize,
                _geometry.Stride,
                ZeroPadding.All(_geometry.Padding)),
        ];
    }

    /// <summary>The kernel that the convolution uses.</summary>
    protected virtual Tensor Kernel() => Weight;

    // The zero-padded map is a part of the circular one on the pixel blocks of TapRange. Training uses the norm of the circular map; the
    // rigorous bound is at most that (soundness.md, 3.6).
    private static Tensor Circular(Tensor v, Tensor kernel, int left, int right, int top, int bottom) => nn.functional.conv2d(
        left + right + top + bottom == 0 ? v : nn.functional.pad(v, [left, right, top, bottom], PaddingModes.Circular), kernel);

    // The kernel of stride 1 on blocks of s × s pixels as channels, without taps that read no pixel of a small image.
    private Tensor OnBlocks(Tensor kernel)
    {
        int s = _geometry.Stride, taps = _geometry.LastTap - _geometry.FirstTap + 1;
        if (s > 1)
        {
            int before = -(s * _geometry.FirstTap) - _geometry.Padding, after = (taps * s) - _geometry.KernelSize - before;
            kernel = nn.functional.pad(kernel, [before, after, before, after])
                .reshape(kernel.shape[0], kernel.shape[1], taps, s, taps, s)
                .permute(0, 3, 5, 1, 2, 4)
                .reshape(kernel.shape[0], -1, taps, taps);
        }

        return _high.Count == taps && _wide.Count == taps
            ? kernel
            : kernel.narrow(2, _high.First - _geometry.FirstTap, _high.Count).narrow(3, _wide.First - _geometry.FirstTap, _wide.Count);
    }
}
