namespace Microsoft.ML.Gloro;

/// <summary>
/// RandAugment (Cubuk, Zoph, Shlens, Le: RandAugment: Practical Automated Data Augmentation with a Reduced Search Space, NeurIPS 2020).
/// Each training image goes through <see cref="Operations"/> of the fourteen operations below, drawn with equal probability, all at one
/// strength m = <see cref="Magnitude"/> / 30.
/// </summary>
/// <remarks>
/// <para>The strengths are those of torchvision:</para>
/// <list type="bullet">
/// <item>identity: changes nothing.</item>
/// <item>autocontrast: stretches each channel to the whole range; has no strength.</item>
/// <item>equalize: makes each channel's histogram even; has no strength.</item>
/// <item>brightness, contrast, color (saturation), sharpness: a factor of 1 ± 0.9·m.</item>
/// <item>posterize: each value keeps its highest 8 − 4·m bits, rounded.</item>
/// <item>solarize: values of at least 256·(1 − m) are inverted.</item>
/// <item>shear x, shear y: by ±0.3·m pixels per pixel, about the center.</item>
/// <item>translate x, translate y: by ±150/331·m of the side, in whole pixels.</item>
/// <item>rotate: by ±30°·m about the center.</item>
/// </list>
/// <para><see cref="GloroAugmentationOptions.Border"/> fills the places where an operation leaves no pixel. Solarize and posterize may
/// change the meaning of aerial and medical images: test before use.</para>
/// </remarks>
public sealed class GloroRandAugmentOptions
{
    internal const int LargestMagnitude = 30;
    private const int MostOperations = 10;

    /// <summary>N, the number of operations per image, from 0 to 10. Default: 2.</summary>
    public int Operations { get; set; } = 2;

    /// <summary>M, their strength, from 0 to 30. Default: 9.</summary>
    public int Magnitude { get; set; } = 9;

    internal GloroRandAugmentOptions Copy() => (GloroRandAugmentOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        var limits = new[] { (nameof(Operations), Operations, MostOperations), (nameof(Magnitude), Magnitude, LargestMagnitude) };
        foreach (var (name, value, most) in limits)
        {
            if (value < 0 || value > most)
                yield return $"{name} must be from 0 to {most}, not {value}.";
        }
    }
}
