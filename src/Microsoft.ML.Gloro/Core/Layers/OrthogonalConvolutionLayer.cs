using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A 1 × 1 convolution: the same matrix for every pixel, which <see cref="CholeskyOrthogonal"/> keeps orthogonal. So its norm is at most 1
/// on images of any size.
/// </summary>
internal sealed class OrthogonalConvolutionLayer(TensorShape input, int outChannels, LayerFactory factory) : TrainableLayer
{
    private readonly Parameter _weight = factory.Orthogonal(outChannels, input.Channels);
    private readonly Parameter _bias = factory.Constant(0, outChannels);

    public override TensorShape OutputShape => input with { Channels = outChannels };

    public override IEnumerable<Parameter> Parameters => [_weight, _bias];

    // The small matrix is made once for all pixels, in float32. Only the product with the pixels is in the type of the input.
    public override Tensor Forward(Tensor x, bool training) => nn.functional.conv2d(x, Kernel().to(x.dtype), _bias.to(x.dtype));

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return
        [
            new DeployedConvolution(
                ToArray(Kernel()), ToArray(_bias), input.Channels, outChannels,
                kernelHeight: 1, kernelWidth: 1, stride: 1, padding: default),
        ];
    }

    private Tensor Kernel() => CholeskyOrthogonal.Matrix(_weight).unsqueeze(2).unsqueeze(3);
}

/// <summary>Describes an <see cref="OrthogonalConvolutionLayer"/>.</summary>
internal sealed record OrthogonalConvolutionDescription(int Channels) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"orthogonal convolution {Channels}";

    internal override TensorShape GetOutputShape(TensorShape input) => input with { Channels = Channels };

    internal override long CountWeights(TensorShape input) => (long)Channels * input.Channels;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new OrthogonalConvolutionLayer(input, Channels, context.Factory);
}
