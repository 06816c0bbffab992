using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Training;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the image trainer. Its network is a LiResNet unless <see cref="Architecture"/> or <see cref="Layers"/> say otherwise: space-to-depth to about 16 × 16, a stem
/// convolution, <see cref="Depth"/> residual convolutions of <see cref="Width"/> channels with MinMax, and an orthogonal dense tail (Hu et al., NeurIPS 2023 and ICLR 2024).
/// </summary>
public sealed class GloroImageClassificationOptions : GloroTrainerOptions
{
    /// <summary>The smallest side of an image that a LiResNet takes.</summary>
    internal const int SmallestSide = 16;

    private const int DefaultDepth = 8, DefaultWidth = 96, DefaultTailWidth = 256, DefaultTailDepth = 1;

    /// <summary>Creates options with their defaults.</summary>
    public GloroImageClassificationOptions()
        : base("Image")
    {
    }

    /// <summary>The network by name. Default: <see cref="GloroArchitecture.LiResNet"/>, whose size the next options choose; the others have one size.</summary>
    public GloroArchitecture Architecture { get; set; } = GloroArchitecture.LiResNet;

    /// <summary>
    /// The network as a sequence of layers of one's own, between the centering of the inputs and the rows of the classes, which every network has. It takes the place of
    /// <see cref="Architecture"/> and of all numbers of LiResNet. An empty list is a linear model. Default: null, none.
    /// </summary>
    public IReadOnlyList<GloroLayer>? Layers { get; set; }

    /// <summary>
    /// The size of a LiResNet in a word, from which its depth, width and tail are chosen for the images and the number of classes. Default: null, which takes
    /// <see cref="Depth"/>, <see cref="Width"/>, <see cref="TailWidth"/> and <see cref="TailDepth"/> as they stand.
    /// </summary>
    public GloroModelSize? Size { get; set; }

    /// <summary>Residual convolutions of a LiResNet. Default: 8.</summary>
    [Range(1, 32, init: DefaultDepth)]
    public int Depth { get; set; } = DefaultDepth;

    /// <summary>Channels of a LiResNet's residual convolutions, an even number. Default: 96.</summary>
    [Choice(new object[] { 32, 64, DefaultWidth, 128, 192, 256 }, defaultValue: DefaultWidth)]
    public int Width { get; set; } = DefaultWidth;

    /// <summary>Outputs of a LiResNet's orthogonal dense layers before the last layer, an even number. Default: 256.</summary>
    [Choice(new object[] { 64, 128, DefaultTailWidth, 512 }, defaultValue: DefaultTailWidth)]
    public int TailWidth { get; set; } = DefaultTailWidth;

    /// <summary>Orthogonal dense layers of a LiResNet, all but the first of them residual (CHORD). More add capacity at the end, where it is cheap. Default: 1.</summary>
    [Range(1, 8, init: DefaultTailDepth)]
    public int TailDepth { get; set; } = DefaultTailDepth;

    /// <summary>
    /// The size in pixels that images are resized to, and at which ε is measured; both sides at least 16 for a LiResNet. Default: null, which takes the size of the first
    /// image.
    /// </summary>
    [JsonConverter(typeof(ImageSizeJsonConverter))]
    public (int Height, int Width)? ImageSize { get; set; }

    /// <summary>Random changes of the training images. Default: mirror left to right and shift by up to 2 pixels.</summary>
    public GloroAugmentationOptions Augmentation { get; set; } = new();

    /// <summary>
    /// The views of an image whose mean the trained model's logits are: more accuracy and more certificates, for two or eight times the time of scoring. Training does not
    /// change; let <see cref="Augmentation"/> make these views. Default: null, which is one view, or those of <see cref="GloroTrainerOptions.InitialModel"/>.
    /// </summary>
    public GloroImageViews? Views { get; set; }

    internal override bool IsImage => true;

    internal override GloroAugmentationOptions ImageAugmentation => Augmentation;

    internal override (int Height, int Width)? InputSize => ImageSize;

    internal override GloroImageViews? ImageViews => Views;

    private protected override IEnumerable<string> NetworkOptionsThatAreSet => new (string Name, bool IsSet)[]
    {
        (nameof(Architecture), Architecture != GloroArchitecture.LiResNet), (nameof(Layers), Layers is not null), (nameof(Size), Size is not null), (nameof(Depth), Depth != DefaultDepth),
        (nameof(Width), Width != DefaultWidth), (nameof(TailWidth), TailWidth != DefaultTailWidth), (nameof(TailDepth), TailDepth != DefaultTailDepth),
        (nameof(ImageSize), ImageSize is not null),
    }.Where(option => option.IsSet).Select(option => option.Name);

    private bool IsLiResNet => Layers is null && Architecture == GloroArchitecture.LiResNet;

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
            yield return $"{nameof(Augmentation)} is null; use {nameof(GloroAugmentationOptions)}.{nameof(GloroAugmentationOptions.None)} for none.";
        foreach (var fault in Augmentation?.Faults() ?? [])
            yield return $"{nameof(Augmentation)}: {fault}";
    }

    private IEnumerable<FormattableString> FaultsOfTheNetwork()
    {
        if (!Enum.IsDefined(Architecture))
            yield return $"{nameof(Architecture)} is unknown: {Architecture}.";
        if (Layers is not null && Architecture != GloroArchitecture.LiResNet)
            yield return $"{nameof(Layers)} and {nameof(Architecture)} ({Architecture}) are both given; the network can be one of them.";
        foreach (var (name, value) in new[] { (nameof(Depth), Depth), (nameof(TailDepth), TailDepth) })
        {
            if (value < 1)
                yield return $"{name} must be at least 1, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(Width), Width), (nameof(TailWidth), TailWidth) })
        {
            if (value < 2 || value % 2 != 0)
                yield return $"{name} must be an even number of at least 2 (MinMax pairs channels), not {value}.";
        }

        if (Size is not { } size)
            yield break;
        if (!Enum.IsDefined(size))
            yield return $"{nameof(Size)} is unknown: {size}.";
        if (!IsLiResNet)
            yield return $"{nameof(Size)} is a LiResNet's; it does not go with {(Layers is null ? $"{nameof(Architecture)} ({Architecture})" : nameof(Layers))}.";
        if ((Depth, Width, TailWidth, TailDepth) != (DefaultDepth, DefaultWidth, DefaultTailWidth, DefaultTailDepth))
            yield return $"{nameof(Size)} chooses {nameof(Depth)}, {nameof(Width)}, {nameof(TailWidth)} and {nameof(TailDepth)}, and not all of these are at their defaults; leave {nameof(Size)} null to choose them yourself.";
    }
}
