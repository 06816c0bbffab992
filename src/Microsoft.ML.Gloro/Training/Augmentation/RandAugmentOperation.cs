namespace Microsoft.ML.Gloro.Training;

/// <summary>The operations of RandAugment's paper; <see cref="GloroRandAugmentOptions"/> says what each does.</summary>
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
