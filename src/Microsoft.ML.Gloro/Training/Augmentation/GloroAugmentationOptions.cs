namespace Microsoft.ML.Gloro;

/// <summary>Random changes of training images that keep their label. Validation and scoring always use unchanged images.</summary>
/// <remarks>
/// <para>The changes are made in the order of the properties, apart from <see cref="Border"/>, and on bytes: the network is trained on
/// pixels that an image file can hold. Only <see cref="MixupAlpha"/>, the last one, works on a batch. An option that is off does not change
/// the random values of the others.</para>
/// <para>Augmentation does not affect certificates, which hold for the deployed network and the scored image.</para>
/// </remarks>
public sealed class GloroAugmentationOptions
{
    private const int LargestLength = 10_000;
    private const double LargestAlpha = 100;

    /// <summary>Mirrors half of the images left to right. Default: true.</summary>
    public bool FlipHorizontally { get; set; } = true;

    /// <summary>
    /// Mirrors half of the images top to bottom. For images from above; not for photographs with an up and a down. Default: false.
    /// </summary>
    public bool FlipVertically { get; set; }

    /// <summary>
    /// Rotates by a random multiple of 90°, or of 180° if the image is not square. For images from above. Default: false.
    /// </summary>
    public bool Rotate { get; set; }

    /// <summary>
    /// The largest shift in each direction, in pixels of the network's input, from 0 to 10,000. It is a random crop from the image with
    /// this many pixels of <see cref="Border"/> around it. Default: 2.
    /// </summary>
    public int MaximumShift { get; set; } = 2;

    /// <summary>
    /// What fills the places where a shift, <see cref="Affine"/> or <see cref="RandAugment"/> leaves no pixel. Default:
    /// <see cref="GloroAugmentationBorder.Mirror"/>.
    /// </summary>
    public GloroAugmentationBorder Border { get; set; } = GloroAugmentationBorder.Mirror;

    /// <summary>Small random rotations, zooms and shears. Default: null, none.</summary>
    public GloroAffineOptions? Affine { get; set; }

    /// <summary>A few random operations per image, from a fixed list. Default: null, none.</summary>
    public GloroRandAugmentOptions? RandAugment { get; set; }

    /// <summary>Random brightness, contrast and saturation. Default: null, none.</summary>
    public GloroColorJitterOptions? ColorJitter { get; set; }

    /// <summary>
    /// The side of a square that is painted over with the mean color of the training images (cutout; DeVries, Taylor: Improved
    /// Regularization of Convolutional Neural Networks with Cutout, 2017). In pixels of the network's input, and less than the smaller
    /// side of the image. The center is a random pixel, so part of the square may lie outside the image. Default: 0, none.
    /// </summary>
    public int CutoutSide { get; set; }

    /// <summary>
    /// α of mixup (Zhang, Cisse, Dauphin, Lopez-Paz: mixup: Beyond Empirical Risk Minimization, ICLR 2018), from 0 to 100. Each batch is
    /// mixed with itself in another order, x̃ = λ·x + (1 − λ)·x′, with one λ from Beta(α, α). The loss is
    /// λ·L(x̃, label) + (1 − λ)·L(x̃, label′). Usual values are 0.1 to 0.4. Default: 0, none.
    /// </summary>
    /// <remarks>
    /// Losses with margins then require margins for both labels, of which at most one is possible. Mixup may raise clean accuracy and lower
    /// VRA. The reported VRA and all certificates are for unmixed images.
    /// </remarks>
    public double MixupAlpha { get; set; }

    /// <summary>Whether an image is ever read otherwise than as it is. Mixup is another matter: it mixes what was read.</summary>
    internal bool ChangesImages => FlipHorizontally || FlipVertically || Rotate || MaximumShift > 0 || CutoutSide > 0
        || (Affine, RandAugment, ColorJitter) is not (null, null, null);

    /// <summary>No change at all.</summary>
    public static GloroAugmentationOptions None => new() { FlipHorizontally = false, MaximumShift = 0 };

    /// <summary>Flips, rotations and shifts: for images from above, which have no up and down.</summary>
    public static GloroAugmentationOptions Aerial => new() { FlipVertically = true, Rotate = true };

    /// <summary>
    /// Mirrors left to right, shifts by up to 4 pixels, and changes brightness, contrast and saturation a little: for photographs, which
    /// have an up and a down.
    /// </summary>
    public static GloroAugmentationOptions Photographs =>
        new() { MaximumShift = 4, ColorJitter = new() { Brightness = 0.2, Contrast = 0.2, Saturation = 0.2 } };

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
    internal string? FaultFor(int height, int width)
    {
        int side = Math.Min(height, width);
        return CutoutSide >= side && CutoutSide > 0
            ? $"{nameof(CutoutSide)} {CutoutSide} could hide the whole of an image of {height}×{width} pixels; it must be less than {side}."
            : null;
    }
}

/// <summary>What fills the places where a shifted, rotated or sheared training image has no pixel.</summary>
public enum GloroAugmentationBorder
{
    /// <summary>The image, mirrored at its border.</summary>
    Mirror,

    /// <summary>Black, as in the crops from a padded image of the literature.</summary>
    Black,

    /// <summary>The mean color of the training images.</summary>
    Mean,
}
