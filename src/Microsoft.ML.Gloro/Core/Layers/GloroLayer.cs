using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// The description of one layer. A list of them is a network of your own (<see cref="GloroImageClassificationOptions.Layers"/>,
/// <see cref="GloroMulticlassClassificationOptions.Layers"/>). The Lipschitz constant of every layer is proved after training; there are no
/// layers without a proof.
/// </summary>
/// <remarks>
/// The list does not contain the first and last parts of the network, which are always added. First the inputs' mean is subtracted; vectors
/// are also multiplied by one number. Last comes a dense layer with one row of length 1 per class; an image is flattened for it. Two layers
/// are equal if their kind and their numbers are equal. Immutable and thread-safe.
/// </remarks>
[JsonConverter(typeof(GloroLayerJsonConverter))]
public abstract record GloroLayer
{
    private protected GloroLayer()
    {
    }

    /// <summary>Whether the layer takes images only.</summary>
    internal virtual bool NeedsImage => false;

    /// <summary>Whether the layer takes vectors only.</summary>
    internal virtual bool NeedsVector => false;

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    internal abstract string Text { get; }

    /// <summary>
    /// Moves blocks of <paramref name="block"/> × <paramref name="block"/> pixels into channels. This gives fewer, richer pixels without
    /// loss: it is an isometry.
    /// </summary>
    /// <param name="block">The block's side in pixels, at least 1. If it does not divide the image's sides, zeros are added.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block is less than 1.</exception>
    public static GloroLayer SpaceToDepth(int block) => new SpaceToDepthDescription(Positive(block, nameof(block)));

    /// <summary>
    /// A convolution with zero padding and a bias. With stride 1 the image keeps its size, with stride s its sides are s times smaller.
    /// </summary>
    /// <param name="channels">Channels of the output.</param>
    /// <param name="kernelSize">The kernel's side in pixels: odd for stride 1, otherwise at least the stride. Default: 3.</param>
    /// <param name="stride">Pixels between outputs. Default: 1.</param>
    /// <remarks>
    /// The padding is ⌈(kernelSize − stride)/2⌉ on all sides: 1 for 3 × 3, 1 for 4 × 4 with stride 2, 2 for 5 × 5 with stride 2, none for
    /// patches (kernelSize = stride). The first weights are nearly an orthogonal map of each pixel, or of each block of stride × stride
    /// pixels.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A number is less than 1, or the kernel is even at stride 1, or smaller than the stride.
    /// </exception>
    public static GloroLayer Convolution(int channels, int kernelSize = 3, int stride = 1) =>
        new ConvolutionDescription(Positive(channels, nameof(channels)), new ConvolutionGeometry(kernelSize, stride));

    /// <summary>
    /// The linear part of a LiResNet block, x + depth^(−1/2)·γ·(W ∗ x), with stride 1 and as many channels as its input. depth is the
    /// number of residual convolutions in the list. It is deployed and bounded as one convolution (Hu, Zou, Wang, Leino, Fredrikson,
    /// NeurIPS 2023).
    /// </summary>
    /// <param name="kernelSize">The kernel's side in pixels, odd. Default: 3.</param>
    /// <exception cref="ArgumentException">The kernel is even or less than 1.</exception>
    public static GloroLayer ResidualConvolution(int kernelSize = 3) =>
        new ResidualConvolutionDescription(new ConvolutionGeometry(kernelSize, 1));

    /// <summary>
    /// A 1 × 1 convolution: one matrix for all pixels, which a Cholesky factor keeps orthogonal like <see cref="OrthogonalDense"/>. Its
    /// norm is at most 1 by construction, so training estimates none. With <see cref="ChannelShift"/>, which brings neighboring pixels
    /// together, it replaces larger kernels (LipNeXt; Hu, Hu, Fredrikson, ICLR 2026).
    /// </summary>
    /// <param name="channels">Channels of the output.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is less than one channel.</exception>
    public static GloroLayer OrthogonalConvolution(int channels) =>
        new OrthogonalConvolutionDescription(Positive(channels, nameof(channels)));

    /// <summary>
    /// Moves one channel of <paramref name="part"/> by a pixel to the left, as many to the right, up and down; the others stay. A 1 × 1
    /// convolution after it sees the neighbors of each pixel. What leaves the image on one side comes in on the other, so it is an
    /// isometry and costs nothing but copies (LipNeXt's spatial shift; Hu, Hu, Fredrikson, ICLR 2026).
    /// </summary>
    /// <param name="part">
    /// Each direction moves the channels divided by this number, rounded down: at least 4, which leaves none in their places, and at most
    /// the number of channels. Default: 8.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="part"/> is less than 4.</exception>
    public static GloroLayer ChannelShift(int part = 8) => part >= DeployedChannelShift.Directions.Count
        ? new ChannelShiftDescription(part)
        : throw new ArgumentOutOfRangeException(nameof(part), part, "A channel moves in one of four directions: part is at least 4.");

    /// <summary>
    /// Subtracts each channel's mean over the data. This is batch normalization without the division, which would be a Lipschitz factor. It
    /// costs nothing in the deployed network.
    /// </summary>
    public static GloroLayer Centering() => new CenteringDescription();

    /// <summary>
    /// Turns the halves a, b of the channels into max(a, b), min(a, b): an activation that keeps gradient norms (Anil, Lucas, Grosse, ICML
    /// 2019). It needs an even number of channels.
    /// </summary>
    public static GloroLayer MinMax() => new ActivationDescription(ActivationFunction.MinMax);

    /// <summary>
    /// The absolute values of the second half of the channels; the first half stays as it is. An activation that keeps gradient norms. It
    /// needs an even number of channels. It is MinMax up to a rotation of each pair, and the β-Abs of LipNeXt with β = ½ (Hu, Hu,
    /// Fredrikson, ICLR 2026).
    /// </summary>
    public static GloroLayer HalfAbs() => new ActivationDescription(ActivationFunction.HalfAbsolute);

    /// <summary>max(x, 0).</summary>
    public static GloroLayer ReLU() => new ActivationDescription(ActivationFunction.ReLU);

    /// <summary>
    /// Average pooling scaled to a Lipschitz constant of 1: sums of <paramref name="size"/> × <paramref name="size"/> pixels without
    /// overlap, divided by <paramref name="size"/>.
    /// </summary>
    /// <param name="size">The pool's side in pixels, at least 1. Rows and columns that do not fill a pool are dropped.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pool is less than 1.</exception>
    public static GloroLayer AveragePooling(int size) => new AveragePoolingDescription(Positive(size, nameof(size)));

    /// <summary>Turns an image into a vector for dense layers.</summary>
    public static GloroLayer Flatten() => new FlattenDescription();

    /// <summary>A fully connected layer. Training estimates its norm, and the loss controls it.</summary>
    /// <param name="width">Values of the output.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is less than 1.</exception>
    public static GloroLayer Dense(int width) => new DenseDescription(Positive(width, nameof(width)));

    /// <summary>
    /// <see cref="ResidualConvolution"/> for vectors: the matrix I + depth^(−1/2)·γ·W, as wide as its input. depth is the number of
    /// residual dense layers in the list, orthogonal or not.
    /// </summary>
    public static GloroLayer ResidualDense() => new ResidualDenseDescription();

    /// <summary>
    /// A fully connected layer that a Cholesky factor keeps orthogonal, so that its norm is at most 1 by construction (Hu, Leino, Wang,
    /// Fredrikson, ICLR 2024).
    /// </summary>
    /// <param name="width">Values of the output.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is less than 1.</exception>
    public static GloroLayer OrthogonalDense(int width) => new OrthogonalDenseDescription(Positive(width, nameof(width)));

    /// <summary>
    /// <see cref="ResidualDense"/> kept orthogonal like <see cref="OrthogonalDense"/>. Several of these CHORD layers at the end of a
    /// network add capacity (Hu, Leino, Wang, Fredrikson, ICLR 2024).
    /// </summary>
    public static GloroLayer OrthogonalResidualDense() => new OrthogonalResidualDenseDescription();

    /// <summary>
    /// A fully connected layer that reflects a subspace of few dimensions and keeps the rest: the matrix I − 2V(VᵀV + λI)⁻¹Vᵀ with a small
    /// λ, whose norm is at most 1 by construction (block reflector orthogonal layer; Lai, Huang, Kung, Chen, ICML 2025). A step of training
    /// costs less than with <see cref="OrthogonalDense"/>, the deployed layer the same.
    /// </summary>
    /// <param name="width">Values of the output. If they are fewer or more than those of the input, the matrix is cut.</param>
    /// <param name="rank">
    /// Dimensions of the reflected subspace, the columns of V: at most half of the larger of input and width. More of them cost time.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The width or the rank is less than 1.</exception>
    public static GloroLayer ReflectorDense(int width, int rank) =>
        new ReflectorDenseDescription(Positive(width, nameof(width)), Positive(rank, nameof(rank)));

    /// <summary>
    /// Repeats layers, to spread them into a list:
    /// <c>.. GloroLayer.Repeat(8, GloroLayer.ResidualConvolution(), GloroLayer.Centering(), GloroLayer.MinMax())</c>.
    /// </summary>
    /// <param name="times">The number of repetitions, 0 or more.</param>
    /// <param name="layers">The layers.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is negative.</exception>
    public static IReadOnlyList<GloroLayer> Repeat(int times, params GloroLayer[] layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        return [.. Enumerable.Repeat(layers, times).SelectMany(l => l)];
    }

    /// <summary>
    /// Reads what <see cref="ToString"/> writes: <c>space-to-depth 4</c>, <c>convolution 96 3×3</c>, <c>convolution 32 4×4 stride 2</c>,
    /// <c>residual convolution 3×3</c>, <c>centering</c>, <c>minmax</c>, <c>relu</c>, <c>average pooling 2</c>, <c>flatten</c>,
    /// <c>dense 512</c>, <c>residual dense</c>, <c>orthogonal dense 256</c>, <c>orthogonal residual dense</c>,
    /// <c>orthogonal convolution 128</c>, <c>channel shift 1/8</c>, <c>halfabs</c> or
    /// <c>reflector dense 256 rank 64</c>. Case does not matter, and × may be written as x.
    /// </summary>
    /// <exception cref="FormatException">The text is not a layer.</exception>
    public static GloroLayer Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return LayerText.Parse(text);
    }

    /// <summary>
    /// The layer in words and numbers, the same in every culture, such as <c>convolution 96 3×3</c>. <see cref="Parse"/> reads it.
    /// </summary>
    public sealed override string ToString() => Text;

    /// <summary>The shape of the output.</summary>
    /// <exception cref="ArgumentException">
    /// The layer cannot take <paramref name="input"/>. The message is the end of a sentence that names both.
    /// </exception>
    internal abstract TensorShape GetOutputShape(TensorShape input);

    /// <summary>The number of weights of the deployed layer, without biases.</summary>
    internal virtual long CountWeights(TensorShape input) => 0;

    /// <summary>The trainable layer for inputs of shape <paramref name="input"/>.</summary>
    internal abstract TrainableLayer Create(TensorShape input, BuildContext context);

    private static int Positive(int value, string name) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A layer's sizes are at least 1.");
}
