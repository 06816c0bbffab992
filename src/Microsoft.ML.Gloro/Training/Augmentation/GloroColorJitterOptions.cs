namespace Microsoft.ML.Gloro;

/// <summary>
/// Random factors of brightness, contrast and saturation, each drawn for each training image uniformly from 1 − amount to 1 + amount, applied in this order and cut off at
/// black and white.
/// </summary>
public sealed class GloroColorJitterOptions
{
    /// <summary>How far the factor of all values goes from 1, from 0 to 1. Default: 0, unchanged.</summary>
    public double Brightness { get; set; }

    /// <summary>How far the factor of the distance from the image's mean gray goes from 1, from 0 to 1. Default: 0, unchanged.</summary>
    public double Contrast { get; set; }

    /// <summary>How far the factor of the distance from a pixel's own gray goes from 1, from 0 to 1. Default: 0, unchanged.</summary>
    public double Saturation { get; set; }

    internal GloroColorJitterOptions Copy() => (GloroColorJitterOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        foreach (var (name, value) in new[] { (nameof(Brightness), Brightness), (nameof(Contrast), Contrast), (nameof(Saturation), Saturation) })
        {
            if (!(value is >= 0 and <= 1))
                yield return FormattableString.Invariant($"{name} must be from 0 to 1, not {value}.");
        }
    }
}
