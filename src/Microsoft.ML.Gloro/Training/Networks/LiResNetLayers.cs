using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// LiResNet for images: space-to-depth down to about 16 × 16, a stem convolution, residual blocks with centering and MinMax, a neck that moves 4 × 4 blocks into channels and
/// projects them, an orthogonal dense layer, and unit-norm rows (Hu, Zou, Wang, Leino, Fredrikson: Unlocking Deterministic Robustness Certification on ImageNet, NeurIPS 2023);
/// after the orthogonal layer more of them, orthogonal and residual (CHORD, ICLR 2024). What differs from the authors' code: their stem is a 5 × 5 convolution of stride 2,
/// their neck is orthogonalized whole, and their dense tail has no centering.
/// </summary>
internal static class LiResNetLayers
{
    /// <summary>The smallest side of an image the architecture takes.</summary>
    public const int MinimumSide = 16;

    private const int GridSide = 16;
    private const int NeckBlock = 4;

    /// <summary>The architecture for images of shape <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentException">They are too small.</exception>
    public static IReadOnlyList<GloroLayer> Layers(TensorShape input, LiResNetSize size)
    {
        if (input.Height < MinimumSide || input.Width < MinimumSide)
            throw new ArgumentException($"LiResNet takes images from {MinimumSide}×{MinimumSide} up, not {input.Height}×{input.Width}; resize them, choose another Architecture or Layers of your own, or use fewer pixels as a feature vector.", nameof(input));

        return
        [
            GloroLayer.SpaceToDepth(Math.Max(1, Math.Min(input.Height, input.Width) / GridSide)),
            .. Activated(GloroLayer.Convolution(size.Width)),
            .. GloroLayer.Repeat(size.Depth, Activated(GloroLayer.ResidualConvolution())),
            GloroLayer.SpaceToDepth(NeckBlock),
            .. Activated(GloroLayer.Convolution(2 * size.Width, kernelSize: 1)),
            GloroLayer.Flatten(),
            .. Activated(GloroLayer.OrthogonalDense(size.TailWidth)),
            .. GloroLayer.Repeat(size.TailDepth - 1, Activated(GloroLayer.OrthogonalResidualDense())),
        ];
    }

    /// <summary>A network of this architecture, with first weights.</summary>
    public static LipschitzNetwork Create(TensorShape input, int classes, int depth, int width, int tailWidth, float[] channelMeans, LayerFactory factory) =>
        NetworkBuilder.Build(input, classes, Layers(input, new LiResNetSize(depth, width, tailWidth, 1)), channelMeans, 1, factory);

    private static GloroLayer[] Activated(GloroLayer layer) => [layer, GloroLayer.Centering(), GloroLayer.MinMax()];
}
