using System.Collections.ObjectModel;
using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// The exact VRA as a function of ε: a step function that falls wherever a row loses its certificate.
/// </summary>
/// <remarks>
/// A row counts at ε if some allowed k has r_k &gt; ε and the label is in the top-k set. So each row counts below one radius, and the curve
/// is the share of rows whose radius is above ε. Immutable and safe for concurrent use.
/// </remarks>
public sealed class CertifiedAccuracyCurve
{
    private readonly float[] radii;
    private IReadOnlyList<CertifiedAccuracyPoint>? points; // created on demand, since it is several times as large as the radii

    /// <param name="guarantee">The guarantee of the radii.</param>
    /// <param name="radii">
    /// For each row the radius below which it counts, or 0 if it never does; not NaN or negative. The array is owned and sorted by the
    /// curve.
    /// </param>
    internal CertifiedAccuracyCurve(RobustnessGuarantee guarantee, float[] radii)
    {
        Array.Sort(radii);
        (Guarantee, this.radii) = (guarantee, radii);
        double sum = 0;
        foreach (float radius in radii)
            sum += radius;
        Area = sum / radii.Length;
    }

    /// <summary>The guarantee of the VRA.</summary>
    public RobustnessGuarantee Guarantee { get; }

    /// <summary>
    /// The steps in ascending order of ε; the first is at ε = 0, the last has VRA 0. Draw them as steps (horizontal, then down), not as a
    /// polyline. There are at most as many as rows, plus one.
    /// </summary>
    public IReadOnlyList<CertifiedAccuracyPoint> Points => points ??= new ReadOnlyCollection<CertifiedAccuracyPoint>(Steps(radii));

    /// <summary>The radii in ascending order.</summary>
    internal ReadOnlySpan<float> Radii => radii;

    /// <summary>The area under the curve: the mean over rows of the radius below which they count, in units of ε.</summary>
    internal double Area { get; }

    /// <summary>VRA at an ε: the fraction of rows whose radius is strictly larger.</summary>
    /// <param name="epsilon">L2 radius, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is negative, NaN or infinite.</exception>
    public double At(float epsilon)
    {
        EvaluationArguments.CheckEpsilon(epsilon, nameof(epsilon));
        int low = 0, high = radii.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (radii[middle] > epsilon)
                high = middle;
            else
                low = middle + 1;
        }

        return (double)(radii.Length - low) / radii.Length;
    }

    /// <summary>The guarantee and the area under the curve, in the invariant culture.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"VRA under {Guarantee}: {At(0):F4} at epsilon 0, {Radii.Length:N0} rows, mean radius {Area:G4}");

    private static List<CertifiedAccuracyPoint> Steps(float[] sorted)
    {
        int i = 0;
        while (i < sorted.Length && sorted[i] == 0)
            i++;
        List<CertifiedAccuracyPoint> points = [new(0, (double)(sorted.Length - i) / sorted.Length)];
        while (i < sorted.Length)
        {
            float radius = sorted[i];
            while (i < sorted.Length && sorted[i] == radius)
                i++;
            points.Add(new(radius, (double)(sorted.Length - i) / sorted.Length));
        }

        return points;
    }
}

/// <summary>
/// One step of a <see cref="CertifiedAccuracyCurve"/>: the accuracy from this ε (inclusive) to the next step's ε (exclusive).
/// </summary>
/// <param name="Epsilon">L2 radius in the units of the network's input (pixels scaled to [0, 1], or raw features).</param>
/// <param name="VerifiedRobustAccuracy">VRA at that ε, a fraction between 0 and 1.</param>
public readonly record struct CertifiedAccuracyPoint(float Epsilon, double VerifiedRobustAccuracy);
