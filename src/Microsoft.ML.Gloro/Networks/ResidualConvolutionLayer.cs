using Microsoft.ML.Gloro.Plain;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>
/// The linear part of a LiResNet block: x + s·γ·(W ∗ x) with s = depth^(−1/2), run and deployed as the one convolution with kernel I + s·γ·W.
/// W starts so small that the network begins as nearly an isometry
/// (Hu, Zou, Wang, Leino, Fredrikson: Unlocking Deterministic Robustness Certification on ImageNet, NeurIPS 2023).
/// </summary>
internal sealed class ResidualConvolutionLayer : ConvolutionLayer
{
    private readonly Parameter _gain;
    private readonly Tensor _identity;
    private readonly double _scale;

    public ResidualConvolutionLayer(PlainShape input, int kernelSize, int depth, LayerFactory factory)
        : base(input, new ConvolutionGeometry(kernelSize, 1), factory, factory.Normal(1.0 / (input.Channels * kernelSize * kernelSize), input.Channels, input.Channels, kernelSize, kernelSize))
    {
        _gain = factory.Constant(1, input.Channels, 1, 1, 1);
        _scale = 1 / Math.Sqrt(depth);
        _identity = factory.IdentityKernel(input.Channels, kernelSize);
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _gain];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _identity.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Kernel() => _identity + (_gain * Weight * _scale);
}
