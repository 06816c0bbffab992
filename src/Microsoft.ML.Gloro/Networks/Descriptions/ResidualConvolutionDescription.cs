using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="ResidualConvolutionLayer"/>.</summary>
internal sealed record ResidualConvolutionDescription(ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"residual convolution {Geometry.KernelSize}×{Geometry.KernelSize}";

    internal override PlainShape GetOutputShape(PlainShape input) => input;

    internal override long CountWeights(PlainShape input) => (long)input.Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) =>
        new ResidualConvolutionLayer(input, Geometry.KernelSize, context.ResidualConvolutions, context.Factory);
}
