using System.Numerics;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The plain convolutional networks of the literature, as <see cref="GloroArchitecture"/> documents them. They follow
/// tools/training/architectures.py of github.com/klasleino/gloro, which pools by convolutions. For even sides this is what utils.py of
/// github.com/sungyoon-lee/bcp does.
/// </summary>
internal static class ConvNet
{
    /// <summary>The layers, which are the same for all images.</summary>
    public static IReadOnlyList<GloroLayer> Layers(GloroArchitecture architecture) => architecture switch
    {
        GloroArchitecture.Conv2C2F => [.. Halve(16), .. Halve(32), .. Tail(100)],
        GloroArchitecture.Conv4C3F => [.. Keep(32), .. Halve(32), .. Keep(64), .. Halve(64), .. Tail(512, 512)],
        GloroArchitecture.Conv6C2F => [.. Keep(32), .. Keep(32), .. Halve(32), .. Keep(64), .. Keep(64), .. Halve(64), .. Tail(512)],
        GloroArchitecture.Conv8C2F =>
            [.. Keep(64), .. Keep(64), .. Halve(64), .. Keep(128), .. Keep(128), .. Halve(128), .. Keep(256), .. Halve(256), .. Tail(256)],
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "Not one of these."),
    };

    private static GloroLayer[] Keep(int channels) => [GloroLayer.Convolution(channels), GloroLayer.MinMax()];

    private static GloroLayer[] Halve(int channels) => [GloroLayer.Convolution(channels, kernelSize: 4, stride: 2), GloroLayer.MinMax()];

    private static IEnumerable<GloroLayer> Tail(params int[] widths) =>
        [GloroLayer.Flatten(), .. widths.SelectMany(width => new[] { GloroLayer.Dense(width), GloroLayer.MinMax() })];
}

/// <summary>
/// LiResNet for images (Hu, Zou, Wang, Leino, Fredrikson: Unlocking Deterministic Robustness Certification on ImageNet, NeurIPS 2023):
/// space-to-depth to about 16 × 16, a stem convolution, residual blocks with centering and MinMax, a neck that moves 4 × 4 blocks into
/// channels and projects them, an orthogonal dense layer, and unit-norm rows. More orthogonal residual layers may follow the first one
/// (CHORD, ICLR 2024).
/// </summary>
/// <remarks>
/// Differences from the authors' code: their stem is a 5 × 5 convolution of stride 2, their whole neck is orthogonal, and their dense tail
/// has no centering.
/// </remarks>
internal static class LiResNetLayers
{
    /// <summary>The smallest side of an image that the architecture takes.</summary>
    public const int MinimumSide = 16;

    private const int GridSide = 16;
    private const int NeckBlock = 4;

    /// <summary>The layers for images of shape <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentException">The images are too small.</exception>
    public static IReadOnlyList<GloroLayer> Layers(TensorShape input, LiResNetSize size)
    {
        if (input.Height < MinimumSide || input.Width < MinimumSide)
        {
            throw new ArgumentException(
                $"LiResNet takes images from {MinimumSide}×{MinimumSide} up, not {input.Height}×{input.Width}; resize them, choose another "
                + "Architecture or Layers of your own, or use fewer pixels as a feature vector.",
                nameof(input));
        }

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
    public static LipschitzNetwork Create(
        TensorShape input, int classes, int depth, int width, int tailWidth, float[] channelMeans, LayerFactory factory) =>
        NetworkBuilder.Build(input, classes, Layers(input, new LiResNetSize(depth, width, tailWidth, 1)), channelMeans, 1, factory);

    private static GloroLayer[] Activated(GloroLayer layer) => [layer, GloroLayer.Centering(), GloroLayer.MinMax()];
}

/// <summary>The sizes of a <see cref="LiResNetLayers"/>.</summary>
/// <param name="Depth">Residual convolutions.</param>
/// <param name="Width">Their channels, even.</param>
/// <param name="TailWidth">The width of the orthogonal dense layers, even.</param>
/// <param name="TailDepth">The number of orthogonal dense layers, at least 1.</param>
internal readonly record struct LiResNetSize(int Depth, int Width, int TailWidth, int TailDepth)
{
    private const int SmallImage = 32, LargeImage = 128;
    private const int LeastTail = 64, LargestTail = 2048;

    private static readonly int[] s_widths = [32, 64, 96, 128, 192, 256];

    /// <summary>The numbers for a size as a word; <see cref="GloroModelSize"/> documents them.</summary>
    public static LiResNetSize For(GloroModelSize size, TensorShape input, int classes)
    {
        var (depth, step, perClass, tailDepth) = size switch
        {
            GloroModelSize.Tiny => (2, 0, 1, 1),
            GloroModelSize.Small => (4, 1, 2, 1),
            GloroModelSize.Medium => (8, 2, 4, 1),
            GloroModelSize.Large => (12, 4, 8, 4),
            _ => throw new ArgumentOutOfRangeException(nameof(size), size, "Unknown size."),
        };

        // Space-to-depth does not shrink small images, so each channel costs more. Large images have more content per place of the grid.
        int side = Math.Min(input.Height, input.Width);
        step += side < SmallImage ? -1 : side >= LargeImage ? 1 : 0;
        uint tail = (uint)(perClass * Math.Clamp(classes, LeastTail, LargestTail));
        int tailWidth = (int)Math.Min(LargestTail, BitOperations.RoundUpToPowerOf2(tail));
        return new LiResNetSize(depth, s_widths[Math.Max(0, step)], tailWidth, tailDepth);
    }

    /// <summary>The text in a model's provenance.</summary>
    public override string ToString() =>
        $"LiResNet(depth {Depth}, width {Width}, tail {(TailDepth == 1 ? "" : $"{TailDepth}×")}{TailWidth})";
}

/// <summary>A network for feature vectors: a dense layer and <c>depth</c> residual dense layers, each with centering and MinMax.</summary>
internal static class Mlp
{
    /// <param name="depth">Residual layers.</param>
    /// <param name="width">The width of all layers, even.</param>
    public static IReadOnlyList<GloroLayer> Layers(int depth, int width) =>
    [
        GloroLayer.Dense(width), GloroLayer.Centering(), GloroLayer.MinMax(),
        .. GloroLayer.Repeat(depth, GloroLayer.ResidualDense(), GloroLayer.Centering(), GloroLayer.MinMax()),
    ];

    /// <summary>A network of this architecture, with first weights.</summary>
    public static LipschitzNetwork Create(
        int features, int classes, int depth, int width, float[] means, float scale, LayerFactory factory) =>
        NetworkBuilder.Build(TensorShape.Vector(features), classes, Layers(depth, width), means, scale, factory);
}
