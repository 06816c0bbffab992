
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes a <see cref="ConvolutionLayer"/>.</summary>
internal sealed record ConvolutionDescription(int Channels, ConvolutionGeometry Geometry) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"convolution {Channels} {Geometry.KernelSize}×{Geometry.KernelSize}{(Geometry.Stride == 1 ? "" : $" stride {Geometry.Stride}")}";

    internal override TensorShape GetOutputShape(TensorShape input) => Geometry.GetOutputShape(input, Channels);

    internal override long CountWeights(TensorShape input) => (long)Channels * input.Channels * Geometry.KernelSize * Geometry.KernelSize;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ConvolutionLayer(input, Channels, Geometry.KernelSize, context.Factory, Geometry.Stride);
}
