namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// From a target pixel to where it comes from, both measured from the image's center: x′ = <paramref name="XX"/>·x + <paramref name="XY"/>·y + <paramref name="ShiftX"/>,
/// y′ = <paramref name="YX"/>·x + <paramref name="YY"/>·y + <paramref name="ShiftY"/>.
/// </summary>
internal readonly record struct AffineMap(double XX, double XY, double YX, double YY, double ShiftX = 0, double ShiftY = 0)
{
    public static AffineMap Identity => new(1, 0, 0, 1);

    /// <summary>A turn.</summary>
    public static AffineMap Rotation(double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        return new(cos, -sin, sin, cos);
    }

    /// <summary>Content moved by whole or broken pixels, against the map's direction.</summary>
    public static AffineMap Translation(double x, double y) => Identity with { ShiftX = x, ShiftY = y };

    /// <summary>A horizontal shear by <paramref name="shear"/> pixels a pixel, a turn, and a zoom by <paramref name="scale"/>.</summary>
    public static AffineMap ShearTurnZoom(double shear, double degrees, double scale)
    {
        var turn = Rotation(degrees);
        return new(turn.XX / scale, ((turn.XX * shear) + turn.XY) / scale, turn.YX / scale, ((turn.YX * shear) + turn.YY) / scale);
    }
}
