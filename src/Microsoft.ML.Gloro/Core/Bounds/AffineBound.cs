
namespace Microsoft.ML.Gloro.Core;

/// <summary>An upper bound of the form slope·R + offset for all inputs of norm at most R. Neither part is negative, and all operations round up.</summary>
internal readonly record struct AffineBound(double Slope, double Offset)
{
    /// <summary>The bound at one R.</summary>
    public double At(double norm) => Outward.Add(Outward.Multiply(Slope, norm), Offset);

    public static AffineBound operator +(AffineBound x, AffineBound y) => new(Outward.Add(x.Slope, y.Slope), Outward.Add(x.Offset, y.Offset));

    public static AffineBound operator +(AffineBound x, double constant) => x with { Offset = Outward.Add(x.Offset, constant) };

    public static AffineBound operator *(double factor, AffineBound x) => new(Outward.Multiply(factor, x.Slope), Outward.Multiply(factor, x.Offset));

    /// <summary>The larger of both in each part, hence a bound wherever either is.</summary>
    public static AffineBound Max(AffineBound x, AffineBound y) => new(Math.Max(x.Slope, y.Slope), Math.Max(x.Offset, y.Offset));
}
