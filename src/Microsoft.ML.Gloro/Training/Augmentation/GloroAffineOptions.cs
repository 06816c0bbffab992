namespace Microsoft.ML.Gloro;

/// <summary>
/// A random linear map of each training image about its center, with bilinear interpolation: a horizontal shear, then a turn, then a zoom. Each value is drawn anew for
/// each image, with either sign as likely.
/// </summary>
public sealed class GloroAffineOptions
{
    /// <summary>The largest turn in either direction, in degrees from 0 to 180; uniform. Default: 0, none.</summary>
    public double Rotation { get; set; }

    /// <summary>The largest change of size, from 0 to 1: factors are drawn from 1 / (1 + this) to 1 + this, uniform in their logarithm. Default: 0, none.</summary>
    public double Scale { get; set; }

    /// <summary>The largest shear, in degrees from 0 to 60 by which upright lines lean; uniform. Default: 0, none.</summary>
    public double Shear { get; set; }

    internal bool IsIdentity => Rotation == 0 && Scale == 0 && Shear == 0;

    internal GloroAffineOptions Copy() => (GloroAffineOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        foreach (var (name, value, most) in new[] { (nameof(Rotation), Rotation, 180), (nameof(Scale), Scale, 1), (nameof(Shear), Shear, 60) })
        {
            if (!(value >= 0 && value <= most))
                yield return FormattableString.Invariant($"{name} must be from 0 to {most}, not {value}.");
        }
    }
}
