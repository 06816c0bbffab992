using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes a <see cref="ConvolutionLayer"/>.</summary>
internal sealed record ConvolutionDescription(int Channels, ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"convolution {Channels} {Geometry.KernelSize}×{Geometry.KernelSize}{(Geometry.Stride == 1 ? "" : $" stride {Geometry.Stride}")}";

    internal override PlainShape GetOutputShape(PlainShape input) => Geometry.GetOutputShape(input, Channels);

    internal override long CountWeights(PlainShape input) => (long)Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new ConvolutionLayer(input, Channels, Geometry.KernelSize, context.Factory, Geometry.Stride);
}
