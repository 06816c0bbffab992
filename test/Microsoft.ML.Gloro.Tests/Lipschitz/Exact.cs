using System.Numerics;

namespace Microsoft.ML.Gloro.Tests.Lipschitz;

/// <summary>Products of doubles without rounding: integer times power of two.</summary>
internal readonly record struct Exact(BigInteger Integer, int Exponent)
{
    public static Exact Of(double value)
    {
        int exponent = value == 0 ? 0 : Math.ILogB(value) - 52;
        return new Exact(new BigInteger(Math.ScaleB(value, -exponent)), exponent);
    }

    public static Exact operator *(Exact x, Exact y) => new(x.Integer * y.Integer, x.Exponent + y.Exponent);

    public static bool operator <=(Exact x, Exact y) => x.At(y.Exponent) <= y.At(x.Exponent);

    public static bool operator >=(Exact x, Exact y) => y <= x;

    private BigInteger At(int other) => Integer << Math.Max(0, Exponent - other);
}
