
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="ResidualConvolutionLayer"/>.</summary>
internal sealed record ResidualConvolutionDescription(ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"residual convolution {Geometry.KernelSize}×{Geometry.KernelSize}";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override long CountWeights(TensorShape input) => (long)input.Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new ResidualConvolutionLayer(input, Geometry.KernelSize, context.ResidualConvolutions, context.Factory);
}
