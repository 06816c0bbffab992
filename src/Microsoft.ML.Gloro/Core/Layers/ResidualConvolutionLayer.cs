using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The linear part of a LiResNet block: x + s·γ·(W ∗ x) with s = depth^(−1/2), run and deployed as the one convolution with kernel I + s·γ·W.
/// W starts so small that the network begins as nearly an isometry
/// (Hu, Zou, Wang, Leino, Fredrikson: Unlocking Deterministic Robustness Certification on ImageNet, NeurIPS 2023).
/// </summary>
internal sealed class ResidualConvolutionLayer : ConvolutionLayer
{
    private readonly ResidualWeight _residual;

    public ResidualConvolutionLayer(TensorShape input, int kernelSize, int depth, LayerFactory factory)
        : base(input, new ConvolutionGeometry(kernelSize, 1), factory, factory.Normal(1.0 / (input.Channels * kernelSize * kernelSize), input.Channels, input.Channels, kernelSize, kernelSize)) =>
        _residual = new ResidualWeight(factory.IdentityKernel(input.Channels, kernelSize), factory.Constant(1, input.Channels, 1, 1, 1), depth);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _residual.Gain];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _residual.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Kernel() => _residual.Of(Weight);
}
