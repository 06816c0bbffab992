namespace Microsoft.ML.Gloro.Core;

/// <summary>What rounding may have done to a row's margins, as something to subtract.</summary>
/// <param name="Margin">From every margin; +∞ if nothing may be certified.</param>
/// <param name="Displacement">From every radius, or K_ij times this from the margin of i and j.</param>
internal readonly record struct RowError(double Margin, double Displacement)
{
    /// <summary>Nothing may be certified.</summary>
    public static RowError Unknown { get; } = new(double.PositiveInfinity, 0);

    /// <summary>The radius at which statements about all points within <paramref name="epsilon"/> are made; rounded up.</summary>
    public double Widen(double epsilon) => Displacement == 0 ? epsilon : Math.BitIncrement(epsilon + Displacement);

    /// <summary>What is left of a radius, rounded down; 0 if nothing is.</summary>
    public float Shorten(float radius)
    {
        if (Displacement == 0)
            return radius;
        double left = Math.BitDecrement(radius - Displacement);
        if (!(left > 0))
            return 0;
        var rounded = (float)left;
        return rounded > left ? MathF.BitDecrement(rounded) : rounded;
    }
}
