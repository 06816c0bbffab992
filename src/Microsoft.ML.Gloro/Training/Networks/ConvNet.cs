namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The literature's plain convolutional networks, as <see cref="GloroArchitecture"/> documents them: tools/training/architectures.py of github.com/klasleino/gloro, with its
/// pooling by convolutions, which for even sides is what utils.py of github.com/sungyoon-lee/bcp has.
/// </summary>
internal static class ConvNet
{
    /// <summary>The architecture, which is the same for all images.</summary>
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

    private static IEnumerable<GloroLayer> Tail(params int[] widths) => [GloroLayer.Flatten(), .. widths.SelectMany(width => new[] { GloroLayer.Dense(width), GloroLayer.MinMax() })];
}
