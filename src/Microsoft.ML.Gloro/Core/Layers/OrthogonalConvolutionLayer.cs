using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A 1 × 1 convolution: the same matrix for every pixel, which <see cref="CholeskyOrthogonal"/> keeps orthogonal. So its norm is at most 1
/// on images of any size.
/// </summary>
internal class OrthogonalConvolutionLayer : TrainableLayer
{
    private readonly TensorShape _input;
    private readonly Parameter _bias;

    public OrthogonalConvolutionLayer(TensorShape input, int outChannels, LayerFactory factory)
        : this(input, factory.Orthogonal(outChannels, input.Channels), factory)
    {
    }

    protected OrthogonalConvolutionLayer(TensorShape input, Parameter weight, LayerFactory factory) =>
        (_input, Weight, _bias) = (input, weight, factory.Constant(0, weight.shape[0]));

    public override TensorShape OutputShape => _input with { Channels = (int)Weight.shape[0] };

    public override IEnumerable<Parameter> Parameters => [Weight, _bias];

    protected Parameter Weight { get; }

    // The small matrix is made once for all pixels, in float32. Only the product with the pixels is in the type of the input.
    public override Tensor Forward(Tensor input, bool training) =>
        nn.functional.conv2d(input, Kernel().to(input.dtype), _bias.to(input.dtype));

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return
        [
            new DeployedConvolution(
                ToArray(Kernel()), ToArray(_bias), _input.Channels, OutputShape.Channels, kernelHeight: 1, kernelWidth: 1, stride: 1,
                padding: default),
        ];
    }

    /// <summary>W, from which the orthogonal matrix is made.</summary>
    protected virtual Tensor Raw() => Weight;

    private Tensor Kernel() => CholeskyOrthogonal.Matrix(Raw()).unsqueeze(2).unsqueeze(3);
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
