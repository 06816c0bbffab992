using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>
/// LiResNet for images: space-to-depth down to about 16 × 16, a stem convolution, <c>depth</c> residual blocks of <c>width</c> channels with centering and MinMax,
/// a neck that moves 4 × 4 blocks into channels and projects them, an orthogonal dense layer, and unit-norm rows
/// (Hu et al., NeurIPS 2023; dense tail of Hu et al., ICLR 2024).
/// </summary>
internal static class LiResNet
{
    /// <summary>The smallest side of an image the architecture takes.</summary>
    public const int MinimumSide = 16;

    private const int GridSide = 16;
    private const int NeckBlock = 4;

    public static LipschitzNetwork Create(PlainShape input, int classes, int depth, int width, int tailWidth, float[] channelMeans, LayerFactory factory)
    {
        if (input.Height < MinimumSide || input.Width < MinimumSide)
            throw new ArgumentException($"LiResNet takes images from {MinimumSide}×{MinimumSide} up, not {input.Height}×{input.Width}; resize them, or use fewer pixels as a feature vector.", nameof(input));

        LayerFactory.RequireEvenWidth(width, nameof(width));
        LayerFactory.RequireEvenWidth(tailWidth, nameof(tailWidth));

        var body = new List<TrainableLayer>();
        PlainShape Shape() => body.Count == 0 ? input : body[^1].OutputShape;
        void Centre() => body.Add(new CenteringLayer(Shape(), factory));
        void MinMax() => body.Add(new ActivationLayer(Shape(), PlainActivationKind.MinMax));

        body.Add(new InputScalingLayer(input, [.. Enumerable.Repeat(1f, input.Channels)], [.. channelMeans.Select(m => -m)], factory));
        int block = Math.Max(1, Math.Min(input.Height, input.Width) / GridSide);
        body.Add(new SpaceToDepthLayer(Shape(), block));
        body.Add(new ConvolutionLayer(Shape(), width, 3, factory));
        Centre();
        MinMax();
        for (int i = 0; i < depth; i++)
        {
            body.Add(new ResidualConvolutionLayer(Shape(), 3, depth, factory));
            Centre();
            MinMax();
        }

        body.Add(new SpaceToDepthLayer(Shape(), NeckBlock));
        body.Add(new ConvolutionLayer(Shape(), 2 * width, 1, factory));
        Centre();
        MinMax();
        body.Add(new FlattenLayer(Shape()));
        body.Add(new OrthogonalDenseLayer(Shape().Channels, tailWidth, factory));
        Centre();
        MinMax();
        return new LipschitzNetwork(input, body, new UnitNormDenseLayer(tailWidth, classes, factory));
    }
}
