using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the image trainer. Its network is a LiResNet (Hu et al., NeurIPS 2023 and ICLR 2024), unless <see cref="Architecture"/> or
/// <see cref="Layers"/> choose another: space-to-depth to about 16 × 16, a stem convolution, <see cref="Depth"/> residual convolutions of
/// <see cref="Width"/> channels with MinMax, and an orthogonal dense tail.
/// </summary>
public sealed class GloroImageClassificationOptions : GloroTrainerOptions
{
    /// <summary>The smallest side of an image that a LiResNet takes.</summary>
    internal const int SmallestSide = 16;

    internal const int DefaultDepth = 8, DefaultWidth = 96, DefaultTailWidth = 256, DefaultTailDepth = 1;

    /// <summary>Creates options with their defaults.</summary>
    public GloroImageClassificationOptions()
        : base("Image")
    {
    }

    /// <summary>
    /// The network by name. Default: <see cref="GloroArchitecture.LiResNet"/>, whose size the next options set. The other networks have
    /// one size each.
    /// </summary>
    public GloroArchitecture Architecture { get; set; } = GloroArchitecture.LiResNet;

    /// <summary>
    /// Your own network as a list of layers, which replaces <see cref="Architecture"/> and the size of LiResNet. The centering of the
    /// inputs before it and the last layer with a row per class are always added. An empty list gives a linear model. Default: null, no
    /// layers of your own.
    /// </summary>
    /// <example>
    /// <code language="csharp">
    /// var options = new GloroImageClassificationOptions
    /// {
    ///     Layers =
    ///     [
    ///         GloroLayer.SpaceToDepth(4), GloroLayer.Convolution(64), GloroLayer.Centering(), GloroLayer.MinMax(),
    ///         GloroLayer.Flatten(), GloroLayer.OrthogonalDense(128), GloroLayer.MinMax(),
    ///     ],
    /// };
    /// </code>
    /// </example>
    public IReadOnlyList<GloroLayer>? Layers { get; set; }

    /// <summary>
    /// The size of a LiResNet as a word. It sets depth, width and tail for the images and the number of classes, and requires
    /// <see cref="Depth"/>, <see cref="Width"/>, <see cref="TailWidth"/> and <see cref="TailDepth"/> to be null. Default: null, which uses
    /// these four numbers if one of them is set; if none is, the size is Tiny for fewer than 1,000 training images, Small for fewer than
    /// 5,000, and Medium otherwise.
    /// </summary>
    public GloroModelSize? Size { get; set; }

    /// <summary>
    /// The number of residual convolutions of a LiResNet, at least 1. Default: null, set by <see cref="Size"/>, or 8 if another number is
    /// set.
    /// </summary>
    [Range(1, 32, init: DefaultDepth)]
    public int? Depth { get; set; }

    /// <summary>
    /// The channels of a LiResNet's residual convolutions, an even number of at least 2. Default: null, set by <see cref="Size"/>, or 96
    /// if another number is set.
    /// </summary>
    [Choice(new object[] { 32, 64, DefaultWidth, 128, 192, 256 }, defaultValue: DefaultWidth)]
    public int? Width { get; set; }

    /// <summary>
    /// The outputs of each of a LiResNet's orthogonal dense layers, an even number of at least 2. Default: null, set by
    /// <see cref="Size"/>, or 256 if another number is set.
    /// </summary>
    [Choice(new object[] { 64, 128, DefaultTailWidth, 512 }, defaultValue: DefaultTailWidth)]
    public int? TailWidth { get; set; }

    /// <summary>
    /// The number of orthogonal dense layers of a LiResNet, at least 1; all but the first are residual (CHORD). More layers add capacity
    /// at the end of the network, where it costs little time. Default: null, set by <see cref="Size"/>, or 1 if another number is set.
    /// </summary>
    [Range(1, 8, init: DefaultTailDepth)]
    public int? TailDepth { get; set; }

    /// <summary>
    /// The size in pixels to which images are resized, and at which ε is measured. Both sides must be at least 1, or 16 for a LiResNet.
    /// Default: null, which takes the size of the first image.
    /// </summary>
    [JsonConverter(typeof(ImageSizeJsonConverter))]
    public (int Height, int Width)? ImageSize { get; set; }

    /// <summary>Random changes of the training images. Default: mirror left to right and shift by up to 2 pixels.</summary>
    public GloroAugmentationOptions Augmentation { get; set; } = new();

    /// <summary>
    /// Test-time augmentation: the trained model averages the logits of several views of an image. This gives higher accuracy and more
    /// certificates, but scoring takes two or eight times as long. Default: null, which is one view, or the views of
    /// <see cref="GloroTrainerOptions.InitialModel"/>.
    /// </summary>
    /// <remarks>Views do not change training. Use only views that <see cref="Augmentation"/> produced.</remarks>
    public GloroImageViews? Views { get; set; }

    internal override bool IsImage => true;

    internal override GloroAugmentationOptions ImageAugmentation => Augmentation;

    internal override (int Height, int Width)? InputSize => ImageSize;

    internal override GloroImageViews? ImageViews => Views;

    private protected override IEnumerable<string> NetworkOptionsThatAreSet => new (string Name, bool IsSet)[]
    {
        (nameof(Architecture), Architecture != GloroArchitecture.LiResNet),
        (nameof(Layers), Layers is not null),
        (nameof(Size), Size is not null),
        (nameof(Depth), Depth is not null),
        (nameof(Width), Width is not null),
        (nameof(TailWidth), TailWidth is not null),
        (nameof(TailDepth), TailDepth is not null),
        (nameof(ImageSize), ImageSize is not null),
    }.Where(option => option.IsSet).Select(option => option.Name);

    internal override bool ChoosesNetwork => IsLiResNet && Size is null && !HasNumbers && InitialModel is null;

    private bool HasNumbers => (Depth, Width, TailWidth, TailDepth) is not (null, null, null, null);

    internal bool IsLiResNet => Layers is null && Architecture == GloroArchitecture.LiResNet;

    internal override bool Uses(string option) => option switch
    {
        nameof(Depth) or nameof(Width) or nameof(TailWidth) or nameof(TailDepth) => IsLiResNet && Size is null && InitialModel is null,
        nameof(Size) => IsLiResNet && InitialModel is null,
        nameof(Architecture) => Layers is null && InitialModel is null,
        _ => base.Uses(option),
    };

    internal override GloroTrainerOptions Copy()
    {
        var copy = (GloroImageClassificationOptions)base.Copy();
        copy.Augmentation = Augmentation?.Copy()!;
        copy.Layers = Layers is null ? null : [.. Layers];
        return copy;
    }

    internal override IEnumerable<FormattableString> Faults()
    {
        foreach (var fault in base.Faults().Concat(FaultsOf(Layers)).Concat(FaultsOfTheNetwork()))
            yield return fault;
        if (Views is { } views && !Enum.IsDefined(views))
            yield return $"{nameof(Views)} is unknown: {views}.";
        int least = IsLiResNet ? SmallestSide : 1;
        if (ImageSize is { } size && (size.Height < least || size.Width < least))
            yield return $"{nameof(ImageSize)} must be at least {least}×{least}, not {size.Height}×{size.Width}.";
        if (Augmentation is null)
            yield return $"{nameof(Augmentation)} is null; use {nameof(GloroAugmentationOptions)}.None for none.";
        foreach (var fault in Augmentation?.Faults() ?? [])
            yield return $"{nameof(Augmentation)}: {fault}";
    }

    private IEnumerable<FormattableString> FaultsOfTheNetwork()
    {
        if (!Enum.IsDefined(Architecture))
            yield return $"{nameof(Architecture)} is unknown: {Architecture}.";
        if (Layers is not null && Architecture != GloroArchitecture.LiResNet)
            yield return $"{nameof(Layers)} and {nameof(Architecture)} ({Architecture}) are both given; give only one of them.";
        foreach (var (name, value) in new[] { (nameof(Depth), Depth), (nameof(TailDepth), TailDepth) })
        {
            if (value < 1)
                yield return $"{name} must be at least 1, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(Width), Width), (nameof(TailWidth), TailWidth) })
        {
            if (value is { } number && (number < 2 || number % 2 != 0))
                yield return $"{name} must be an even number of at least 2 (MinMax pairs channels), not {number}.";
        }

        if (Size is not { } size)
            yield break;
        if (!Enum.IsDefined(size))
            yield return $"{nameof(Size)} is unknown: {size}.";
        if (!IsLiResNet)
        {
            string other = Layers is not null ? nameof(Layers) : FormattableString.Invariant($"{nameof(Architecture)} ({Architecture})");
            yield return $"{nameof(Size)} is a LiResNet's; it does not go with {other}.";
        }

        if (HasNumbers)
        {
            string four = $"{nameof(Depth)}, {nameof(Width)}, {nameof(TailWidth)} and {nameof(TailDepth)}";
            yield return $"{nameof(Size)} chooses {four}; leave these at their defaults, or leave {nameof(Size)} null to set them.";
        }
    }
}
