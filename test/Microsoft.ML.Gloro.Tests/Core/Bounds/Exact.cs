using System.Numerics;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Sums and products of doubles without rounding: integer times power of two.</summary>
internal readonly record struct Exact(BigInteger Integer, int Exponent)
{
    public static Exact Of(double value)
    {
        int exponent = value == 0 ? 0 : Math.ILogB(value) - 52;
        return new Exact(new BigInteger(Math.ScaleB(value, -exponent)), exponent);
    }

    public static Exact operator *(Exact x, Exact y) => new(x.Integer * y.Integer, x.Exponent + y.Exponent);

    public static Exact operator +(Exact x, Exact y) => new(x.At(y.Exponent) + y.At(x.Exponent), Math.Min(x.Exponent, y.Exponent));

    public static Exact operator -(Exact x, Exact y) => x + new Exact(-y.Integer, y.Exponent);

    public static bool operator <=(Exact x, Exact y) => x.At(y.Exponent) <= y.At(x.Exponent);

    public static bool operator >=(Exact x, Exact y) => y <= x;

    /// <summary>The number over <paramref name="divisor"/>, to about 15 digits.</summary>
    public double Over(BigInteger divisor)
    {
        if (Integer.IsZero)
            return 0;
        // A quotient of 64 bits and more, whatever the sizes; then scaled in two steps, since either half of a large exponent is
        // representable.
        int shift = (int)Math.Max(0, 64 + (long)divisor.GetBitLength() - (long)Integer.GetBitLength());
        BigInteger quotient = (Integer << shift) / divisor;
        int drop = (int)Math.Max(0, (long)quotient.GetBitLength() - 64);
        int scale = Exponent - shift + drop;
        return Math.ScaleB(Math.ScaleB((double)(quotient >> drop), scale / 2), scale - (scale / 2));
    }

    private BigInteger At(int other) => Integer << Math.Max(0, Exponent - other);
}
