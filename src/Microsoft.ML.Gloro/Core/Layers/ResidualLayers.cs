using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>The linear part of a LiResNet block as one map: I + depth^(−1/2)·γ·W, where γ is a gain per output.</summary>
/// <param name="identity">I, which this object owns.</param>
/// <param name="gain">γ, a parameter of the layer that owns W.</param>
/// <param name="depth">The number of such blocks in the network.</param>
internal sealed class ResidualWeight(Tensor identity, Parameter gain, int depth) : IDisposable
{
    private readonly double _scale = 1 / Math.Sqrt(depth);

    public Parameter Gain => gain;

    /// <summary>The map for the current W.</summary>
    public Tensor Of(Tensor weight) => identity + (gain * weight * _scale);

    public void Dispose() => identity.Dispose();
}

/// <summary>
/// The linear part of a LiResNet block, x + s·γ·(W ∗ x) with s = depth^(−1/2), as one convolution with the kernel I + s·γ·W (Hu, Zou, Wang,
/// Leino, Fredrikson: Unlocking Deterministic Robustness Certification on ImageNet, NeurIPS 2023). W starts so small that the network is
/// nearly an isometry at first.
/// </summary>
internal sealed class ResidualConvolutionLayer : ConvolutionLayer
{
    private readonly ResidualWeight _residual;

    public ResidualConvolutionLayer(TensorShape input, int kernelSize, int depth, LayerFactory factory)
        : base(input, new ConvolutionGeometry(kernelSize, 1), factory, FirstWeight(input.Channels, kernelSize, factory)) =>
        _residual = new ResidualWeight(
            factory.IdentityKernel(input.Channels, kernelSize), factory.Constant(1, input.Channels, 1, 1, 1), depth);

    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _residual.Gain];

    public override void Dispose()
    {
        base.Dispose();
        _residual.Dispose();
    }

    protected override Tensor Kernel() => _residual.Of(Weight);

    private static Parameter FirstWeight(int channels, int kernelSize, LayerFactory factory) =>
        factory.Normal(1.0 / (channels * kernelSize * kernelSize), channels, channels, kernelSize, kernelSize);
}

/// <summary>Describes a <see cref="ResidualConvolutionLayer"/>.</summary>
internal sealed record ResidualConvolutionDescription(ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"residual convolution {Geometry.KernelSize}×{Geometry.KernelSize}";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) =>
        (long)input.Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new ResidualConvolutionLayer(input, Geometry.KernelSize, context.ResidualConvolutions, context.Factory);
}

/// <summary>The linear part of a LiResNet block for vectors: the matrix I + depth^(−1/2)·γ·W.</summary>
internal sealed class ResidualDenseLayer : DenseLayer
{
    private readonly ResidualWeight _residual;

    public ResidualDenseLayer(int width, int depth, LayerFactory factory)
        : base(factory.Normal(1.0 / width, width, width), factory) =>
        _residual = new ResidualWeight(factory.Identity(width), factory.Constant(1, width, 1), depth);

    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _residual.Gain];

    public override void Dispose()
    {
        base.Dispose();
        _residual.Dispose();
    }

    public override Tensor Matrix() => _residual.Of(Weight);
}

/// <summary>Describes a <see cref="ResidualDenseLayer"/>.</summary>
internal sealed record ResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "residual dense";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new ResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}

/// <summary>
/// CHORD: the orthogonal matrix that Cholesky makes of I + depth^(−1/2)·γ·W (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable
/// Robustness, ICLR 2024). It starts near the identity, so that many such layers in a row can be trained.
/// </summary>
internal sealed class OrthogonalResidualDenseLayer : OrthogonalDenseLayer
{
    private readonly ResidualWeight _residual;

    public OrthogonalResidualDenseLayer(int width, int depth, LayerFactory factory)
        : base(factory.Normal(1.0 / width, width, width), factory) =>
        _residual = new ResidualWeight(factory.Identity(width), factory.Constant(1, width, 1), depth);

    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _residual.Gain];

    public override void Dispose()
    {
        base.Dispose();
        _residual.Dispose();
    }

    protected override Tensor Raw() => _residual.Of(Weight);
}

/// <summary>Describes an <see cref="OrthogonalResidualDenseLayer"/>.</summary>
internal sealed record OrthogonalResidualDenseDescription : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => "orthogonal residual dense";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) => (long)input.Size * input.Size;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new OrthogonalResidualDenseLayer(input.Size, context.ResidualDenseLayers, context.Factory);
}
