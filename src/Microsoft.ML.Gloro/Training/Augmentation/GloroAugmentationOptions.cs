namespace Microsoft.ML.Gloro;

/// <summary>Random changes of training images that keep their label. Validation and scoring always see the images as they are.</summary>
/// <remarks>
/// <para>They are made in the order of the properties, but <see cref="Border"/>, on bytes: the network is trained on pixels that an image file can hold. Only
/// <see cref="MixupAlpha"/>, the last, acts on a batch. What is off changes nothing of what the others draw from the seed.</para>
/// <para>None of it touches a certificate, which is proved of the network as it is deployed and of the image as it is scored.</para>
/// </remarks>
public sealed class GloroAugmentationOptions
{
    private const int LargestLength = 10_000;
    private const double LargestAlpha = 100;

    /// <summary>Mirror left to right, every second time. Default: true.</summary>
    public bool FlipHorizontally { get; set; } = true;

    /// <summary>Mirror top to bottom, every second time: right for views from above, wrong for photographs. Default: false.</summary>
    public bool FlipVertically { get; set; }

    /// <summary>Turn by a random multiple of 90°; square images only. Right for views from above. Default: false.</summary>
    public bool Rotate { get; set; }

    /// <summary>
    /// The largest shift in each direction, in pixels of the network's input: a random crop from the image with so many pixels of <see cref="Border"/> around it. Default: 2.
    /// </summary>
    public int MaximumShift { get; set; } = 2;

    /// <summary>What stands where a shift, <see cref="Affine"/> or <see cref="RandAugment"/> leaves no pixel. Default: <see cref="GloroAugmentationBorder.Mirror"/>.</summary>
    public GloroAugmentationBorder Border { get; set; } = GloroAugmentationBorder.Mirror;

    /// <summary>Small random turns, zooms and shears. Default: null, none.</summary>
    public GloroAffineOptions? Affine { get; set; }

    /// <summary>A few operations an image, drawn from a fixed list. Default: null, none.</summary>
    public GloroRandAugmentOptions? RandAugment { get; set; }

    /// <summary>Random brightness, contrast and saturation. Default: null, none.</summary>
    public GloroColorJitterOptions? ColorJitter { get; set; }

    /// <summary>
    /// The side of a square, in pixels of the network's input and less than the image's smaller side, that is painted over with the mean color of the training images. Its center
    /// is drawn from all pixels, so that it may reach over the border (cutout: DeVries, Taylor: Improved Regularization of Convolutional Neural Networks with Cutout, 2017).
    /// Default: 0, none.
    /// </summary>
    public int CutoutSide { get; set; }

    /// <summary>
    /// α of mixup (Zhang, Cisse, Dauphin, Lopez-Paz: mixup: Beyond Empirical Risk Minimization, ICLR 2018), from 0 to 100: each batch is mixed with itself in another order,
    /// x̃ = λ·x + (1 − λ)·x′ with one λ from Beta(α, α) a batch, and its loss is λ·L(x̃, label) + (1 − λ)·L(x̃, label′). 0.1 to 0.4 are usual. Default: 0, none.
    /// </summary>
    /// <remarks>
    /// A loss with margins asks for those of both labels, weighted, though at most one can be had: mixup blurs where the margins are to lie, and may cost VRA where clean accuracy
    /// gains. The VRA that is reported, and every certificate, is of unmixed images.
    /// </remarks>
    public double MixupAlpha { get; set; }

    /// <summary>No change at all.</summary>
    public static GloroAugmentationOptions None => new() { FlipHorizontally = false, MaximumShift = 0 };

    /// <summary>Flips, rotations and shifts: for images seen from above, which have no up and down.</summary>
    public static GloroAugmentationOptions Aerial => new() { FlipVertically = true, Rotate = true };

    /// <summary>Mirrored left to right, shifted by up to 4 pixels, mildly changed in brightness, contrast and saturation: for photographs of things, which have an up and a down.</summary>
    public static GloroAugmentationOptions Photographs => new() { MaximumShift = 4, ColorJitter = new() { Brightness = 0.2, Contrast = 0.2, Saturation = 0.2 } };

    internal GloroAugmentationOptions Copy()
    {
        var copy = (GloroAugmentationOptions)MemberwiseClone();
        (copy.Affine, copy.RandAugment, copy.ColorJitter) = (Affine?.Copy(), RandAugment?.Copy(), ColorJitter?.Copy());
        return copy;
    }

    internal IEnumerable<string> Faults()
    {
        foreach (var (name, value) in new[] { (nameof(MaximumShift), MaximumShift), (nameof(CutoutSide), CutoutSide) })
        {
            if (value is < 0 or > LargestLength)
                yield return $"{name} must be from 0 to {LargestLength}, not {value}.";
        }

        if (!Enum.IsDefined(Border))
            yield return $"{nameof(Border)} is unknown: {Border}.";
        if (!(MixupAlpha is >= 0 and <= LargestAlpha))
            yield return FormattableString.Invariant($"{nameof(MixupAlpha)} must be from 0 to {LargestAlpha}, not {MixupAlpha}.");
        foreach (string fault in Affine?.Faults() ?? [])
            yield return $"{nameof(Affine)}.{fault}";
        foreach (string fault in RandAugment?.Faults() ?? [])
            yield return $"{nameof(RandAugment)}.{fault}";
        foreach (string fault in ColorJitter?.Faults() ?? [])
            yield return $"{nameof(ColorJitter)}.{fault}";
    }

    /// <summary>What is wrong with these options for images of this size; null if nothing is.</summary>
    internal string? FaultFor(int height, int width) => CutoutSide >= Math.Min(height, width) && CutoutSide > 0
        ? $"{nameof(CutoutSide)} {CutoutSide} could hide the whole of an image of {height}×{width} pixels; it must be less than {Math.Min(height, width)}."
        : null;
}
