namespace Microsoft.ML.Gloro;

/// <summary>
/// Random brightness, contrast and saturation of each training image, in this order. Each factor is uniform from 1 − amount to 1 + amount.
/// Values are clipped at black and white.
/// </summary>
public sealed class GloroColorJitterOptions
{
    /// <summary>The amount for the factor of all values, from 0 to 1. Default: 0, unchanged.</summary>
    public double Brightness { get; set; }

    /// <summary>The amount for the factor of the distance from the image's mean gray, from 0 to 1. Default: 0, unchanged.</summary>
    public double Contrast { get; set; }

    /// <summary>The amount for the factor of the distance from a pixel's own gray, from 0 to 1. Default: 0, unchanged.</summary>
    public double Saturation { get; set; }

    internal GloroColorJitterOptions Copy() => (GloroColorJitterOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        var amounts = new[] { (nameof(Brightness), Brightness), (nameof(Contrast), Contrast), (nameof(Saturation), Saturation) };
        foreach (var (name, value) in amounts)
        {
            if (!(value is >= 0 and <= 1))
                yield return FormattableString.Invariant($"{name} must be from 0 to 1, not {value}.");
        }
    }
}
