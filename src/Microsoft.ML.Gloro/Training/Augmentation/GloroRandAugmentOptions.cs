namespace Microsoft.ML.Gloro;

/// <summary>
/// RandAugment (Cubuk, Zoph, Shlens, Le: RandAugment: Practical Automated Data Augmentation with a Reduced Search Space, NeurIPS 2020): each training image goes through
/// <see cref="Operations"/> operations, each drawn from the fourteen below with equal probability, all at one strength m = <see cref="Magnitude"/> / 30.
/// </summary>
/// <remarks>
/// <para>The strengths are spread over the range as torchvision spreads them:</para>
/// <list type="bullet">
/// <item>identity: nothing.</item>
/// <item>autocontrast: each channel stretched to the whole range; has no strength.</item>
/// <item>equalize: each channel's histogram made even; has no strength.</item>
/// <item>brightness, contrast, color (saturation), sharpness: a factor of 1 ± 0.9·m.</item>
/// <item>posterize: each value keeps its highest 8 − 4·m bits, rounded.</item>
/// <item>solarize: values of at least 256·(1 − m) are inverted.</item>
/// <item>shear x, shear y: by ±0.3·m pixels a pixel, about the center.</item>
/// <item>translate x, translate y: by ±150/331·m of the side, in whole pixels.</item>
/// <item>rotate: by ±30°·m about the center.</item>
/// </list>
/// <para>Where an operation leaves no pixel stands the <see cref="GloroAugmentationOptions.Border"/>. Solarize and posterize change what aerial and medical images mean: try before use.</para>
/// </remarks>
public sealed class GloroRandAugmentOptions
{
    internal const int LargestMagnitude = 30;
    private const int MostOperations = 10;

    /// <summary>N, the operations an image goes through, from 0 to 10. Default: 2.</summary>
    public int Operations { get; set; } = 2;

    /// <summary>M, their strength, from 0 to 30. Default: 9.</summary>
    public int Magnitude { get; set; } = 9;

    internal GloroRandAugmentOptions Copy() => (GloroRandAugmentOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        foreach (var (name, value, most) in new[] { (nameof(Operations), Operations, MostOperations), (nameof(Magnitude), Magnitude, LargestMagnitude) })
        {
            if (value < 0 || value > most)
                yield return $"{name} must be from 0 to {most}, not {value}.";
        }
    }
}
