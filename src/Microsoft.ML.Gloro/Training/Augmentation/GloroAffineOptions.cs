namespace Microsoft.ML.Gloro;

/// <summary>
/// A random linear map of each training image about its center, with bilinear interpolation: a horizontal shear, then a rotation, then a
/// zoom. Each image gets its own random values, positive and negative ones with equal probability.
/// </summary>
public sealed class GloroAffineOptions
{
    /// <summary>The largest rotation in either direction, in degrees from 0 to 180. Uniform. Default: 0, none.</summary>
    public double Rotation { get; set; }

    /// <summary>
    /// The largest change of size, from 0 to 1. Factors are between 1 / (1 + Scale) and 1 + Scale, uniform in their logarithm. Default: 0,
    /// none.
    /// </summary>
    public double Scale { get; set; }

    /// <summary>The largest shear: the angle by which vertical lines lean, in degrees from 0 to 60. Uniform. Default: 0, none.</summary>
    public double Shear { get; set; }

    internal bool IsIdentity => Rotation == 0 && Scale == 0 && Shear == 0;

    internal GloroAffineOptions Copy() => (GloroAffineOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        var limits = new[] { (nameof(Rotation), Rotation, 180), (nameof(Scale), Scale, 1), (nameof(Shear), Shear, 60) };
        foreach (var (name, value, most) in limits)
        {
            if (!(value >= 0 && value <= most))
                yield return FormattableString.Invariant($"{name} must be from 0 to {most}, not {value}.");
        }
    }
}
