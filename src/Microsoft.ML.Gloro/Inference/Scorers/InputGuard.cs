using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Says what a row's input allows: whether it can be scored at all, whether it may be certified, and by how much rounding may have raised
/// its margins.
/// <para>
/// NaN and ±∞ are not scored: max(x, 0) and max(a, b) can swallow a NaN, so a row that holds one could come out with finite logits. For the
/// same reason an input so large that a value on the way may overflow is not scored: ∞ − ∞ is the NaN that is swallowed.
/// </para>
/// <para>
/// Pixels outside [0, 1] and denormal numbers are scored, but not certified. No image has them: they come from scaling that was forgotten,
/// or from an attacker who looks for arithmetic that does not behave. (A certificate at an honest input still speaks of them, as of every
/// point of the ball around it.)
/// </para>
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class InputGuard
{
    private const float SmallestNormal = 1.17549435E-38f;

    private readonly GloroModel _model;
    private readonly float _lowest, _highest;

    public InputGuard(GloroModel model)
    {
        _model = model;
        (_lowest, _highest) = model.IsImage ? (0, 1) : (float.MinValue, float.MaxValue);
        double half = model.Rounding.LargestNorm * 0.49;
        LargestCenter = half > 0 ? (float)Math.Min(half, float.MaxValue / 2) : 0;
        LargestRadius = model.Network.RadiusWithin(LargestCenter);
    }

    /// <summary>Inputs below this L2 norm are certified: it is nearly half of the norm up to which nothing overflows.</summary>
    public float LargestCenter { get; }

    /// <summary>
    /// The largest radius that is certified, so that no point of a ball around a certified input overflows: the same, or with tolerances
    /// what the largest of them makes of it, since a distance ρ is at most ρ times that in L2.
    /// </summary>
    public float LargestRadius { get; }

    /// <summary>
    /// A row's error for statements about all points within <paramref name="epsilon"/>: unknown if one of them may overflow.
    /// </summary>
    public RowError ErrorWithin(float epsilon, RowError error) => epsilon <= LargestRadius ? error : RowError.Unknown;

    /// <summary>Judges one input.</summary>
    /// <param name="input">The network's input.</param>
    /// <param name="error">What is to be subtracted: unknown if the row must not be certified.</param>
    /// <returns>Whether the row can be scored; if not, its logits are to be NaN.</returns>
    public bool TryJudge(ReadOnlySpan<float> input, out RowError error)
    {
        double norm = LinearLayerNorms.Norm(input);
        // Strictly: it is 0 where nothing is safe from overflow.
        bool certifiable = norm < LargestCenter && IsOrdinary(input);
        error = certifiable ? _model.Rounding.ErrorAt(_model.Rounding.SizeOf(input)) : RowError.Unknown;
        return norm <= _model.Rounding.LargestNorm; // false for NaN
    }

    /// <summary>Whether every value is within range, and zero or a normal number.</summary>
    private bool IsOrdinary(ReadOnlySpan<float> input)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(input);
        Vector<float> lowest = new(_lowest), highest = new(_highest), smallest = new(SmallestNormal);
        Vector<int> everything = new(-1);
        foreach (var vector in vectors)
        {
            var normal = Vector.GreaterThanOrEqual(Vector.Abs(vector), smallest) | Vector.Equals(vector, Vector<float>.Zero);
            if (!Vector.EqualsAll(normal & Vector.GreaterThanOrEqual(vector, lowest) & Vector.LessThanOrEqual(vector, highest), everything))
                return false;
        }

        foreach (float value in input[(vectors.Length * Vector<float>.Count)..])
        {
            if (!(value >= _lowest && value <= _highest && (value == 0 || Math.Abs(value) >= SmallestNormal)))
                return false;
        }

        return true;
    }
}
