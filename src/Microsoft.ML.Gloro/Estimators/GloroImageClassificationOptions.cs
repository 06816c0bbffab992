using System.Text.Json.Serialization;
using Microsoft.ML.Gloro.Estimators;
using Microsoft.ML.Gloro.Networks;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Options of the image trainer. Its network is a LiResNet: space-to-depth to about 16 × 16, a stem convolution, <see cref="Depth"/> residual convolutions of
/// <see cref="Width"/> channels with MinMax, and an orthogonal dense tail (Hu et al., NeurIPS 2023 and ICLR 2024).
/// </summary>
public sealed class GloroImageClassificationOptions : GloroTrainerOptions
{
    /// <summary>Creates options with their defaults.</summary>
    public GloroImageClassificationOptions()
        : base("Image")
    {
    }

    /// <summary>Residual convolutions. Default: 8.</summary>
    [Range(1, 32, init: 8)]
    public int Depth { get; set; } = 8;

    /// <summary>Channels of the residual convolutions, an even number. Default: 96.</summary>
    [Choice(32, 64, 96, 128, 192, 256)]
    public int Width { get; set; } = 96;

    /// <summary>Outputs of the orthogonal dense layer before the last one, an even number. Default: 256.</summary>
    [Choice(64, 128, 256, 512)]
    public int TailWidth { get; set; } = 256;

    /// <summary>
    /// The size in pixels that images are resized to, and at which ε is measured; both sides at least 16. Default: null, which takes the size of the first image.
    /// </summary>
    [JsonConverter(typeof(ImageSizeJsonConverter))]
    public (int Height, int Width)? ImageSize { get; set; }

    /// <summary>Random changes of the training images. Default: mirror left to right and shift by up to 2 pixels.</summary>
    public GloroAugmentationOptions Augmentation { get; set; } = new();

    internal override bool IsImage => true;

    internal override GloroTrainerOptions Copy()
    {
        var copy = (GloroImageClassificationOptions)base.Copy();
        copy.Augmentation = Augmentation?.Copy()!;
        return copy;
    }

    private protected override IEnumerable<string> Faults()
    {
        foreach (string fault in base.Faults())
            yield return fault;
        if (Depth < 1)
            yield return $"{nameof(Depth)} must be at least 1, not {Depth}.";
        foreach (var (name, value) in new[] { (nameof(Width), Width), (nameof(TailWidth), TailWidth) })
        {
            if (value < 2 || value % 2 != 0)
                yield return $"{name} must be an even number of at least 2 (MinMax pairs channels), not {value}.";
        }

        if (ImageSize is { } size && (size.Height < LiResNet.MinimumSide || size.Width < LiResNet.MinimumSide))
            yield return $"{nameof(ImageSize)} must be at least {LiResNet.MinimumSide}×{LiResNet.MinimumSide}, not {size.Height}×{size.Width}.";
        if (Augmentation is null)
            yield return $"{nameof(Augmentation)} is null; use {nameof(GloroAugmentationOptions)}.{nameof(GloroAugmentationOptions.None)} for none.";
        foreach (string fault in Augmentation?.Faults() ?? [])
            yield return $"{nameof(Augmentation)}: {fault}";
    }
}
