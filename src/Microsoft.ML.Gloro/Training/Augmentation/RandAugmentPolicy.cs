namespace Microsoft.ML.Gloro.Training;

/// <summary>Draws and applies the operations of <see cref="GloroRandAugmentOptions"/>.</summary>
internal static class RandAugmentPolicy
{
    // At full strength, as in torchvision's RandAugment. Its solarize inverts white even at strength 0; ours does not.
    private const double EnhanceChange = 0.9, ShearChange = 0.3, TranslateShare = 150.0 / 331, RotateDegrees = 30;
    private const int PosterizeBits = 4;

    private static readonly int s_operations = Enum.GetValues<RandAugmentOperation>().Length;

    /// <summary>Applies random operations. Each takes two values from <paramref name="random"/>.</summary>
    public static void Apply(ref PixelBuffer image, GloroRandAugmentOptions options, ImageBorder border, Random random)
    {
        double strength = options.Magnitude / (double)GloroRandAugmentOptions.LargestMagnitude;
        for (int n = 0; n < options.Operations; n++)
        {
            var operation = (RandAugmentOperation)random.Next(s_operations);
            Apply(ref image, operation, random.Next(2) == 0 ? strength : -strength, border);
        }
    }

    /// <summary>Applies one operation.</summary>
    /// <param name="image">The image.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="strength">From −1 to 1, 0 for no change. Operations without a direction use the absolute value.</param>
    /// <param name="border">Fills the places without a pixel.</param>
    public static void Apply(ref PixelBuffer image, RandAugmentOperation operation, double strength, ImageBorder border)
    {
        double size = Math.Abs(strength), factor = 1 + (EnhanceChange * strength);
        switch (operation)
        {
            case RandAugmentOperation.Identity:
                break;
            case RandAugmentOperation.AutoContrast:
                PixelTone.AutoContrast(ref image);
                break;
            case RandAugmentOperation.Equalize:
                PixelTone.Equalize(ref image);
                break;
            case RandAugmentOperation.Rotate:
                AffineWarp.Apply(ref image, AffineMap.Rotation(RotateDegrees * strength), border);
                break;
            case RandAugmentOperation.Solarize:
                PixelTone.Solarize(ref image, 256 * (1 - size));
                break;
            case RandAugmentOperation.Color:
                PixelTone.Saturation(ref image, factor);
                break;
            case RandAugmentOperation.Posterize:
                PixelTone.Posterize(ref image, 8 - (int)Math.Round(PosterizeBits * size));
                break;
            case RandAugmentOperation.Contrast:
                PixelTone.Contrast(ref image, factor);
                break;
            case RandAugmentOperation.Brightness:
                PixelTone.Brightness(ref image, factor);
                break;
            case RandAugmentOperation.Sharpness:
                PixelSharpness.Apply(ref image, factor);
                break;
            case RandAugmentOperation.ShearX:
                AffineWarp.Apply(ref image, AffineMap.Identity with { XY = ShearChange * strength }, border);
                break;
            case RandAugmentOperation.ShearY:
                AffineWarp.Apply(ref image, AffineMap.Identity with { YX = ShearChange * strength }, border);
                break;
            case RandAugmentOperation.TranslateX:
                AffineWarp.Apply(ref image, AffineMap.Translation(Math.Round(TranslateShare * strength * image.Width), 0), border);
                break;
            case RandAugmentOperation.TranslateY:
                AffineWarp.Apply(ref image, AffineMap.Translation(0, Math.Round(TranslateShare * strength * image.Height)), border);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, "Unknown operation.");
        }
    }
}

/// <summary>The operations of the RandAugment paper; <see cref="GloroRandAugmentOptions"/> describes them.</summary>
internal enum RandAugmentOperation
{
    Identity,
    AutoContrast,
    Equalize,
    Rotate,
    Solarize,
    Color,
    Posterize,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
}
