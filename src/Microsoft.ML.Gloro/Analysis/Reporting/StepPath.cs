using System.Globalization;
using System.Text;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The path of an exact step function: the share of rows whose radius is above ε, over ε. It falls at each row's radius and nowhere else.
/// Coordinates are whole units, at least ten per pixel. Steps at the same horizontal unit are merged, and steps that do not change the
/// vertical unit are dropped, so the path is within half a unit of the true curve everywhere.
/// </summary>
internal static class StepPath
{
    /// <summary>Units from ε = 0 to the limit.</summary>
    public const int Width = 4000;

    /// <summary>Units from a share of 1 (at 0) down to a share of 0.</summary>
    public const int Height = 2400;

    /// <summary>Draws the steps.</summary>
    /// <param name="sorted">The radii in ascending order, one per row; at least one.</param>
    /// <param name="limit">The ε at <see cref="Width"/>; above 0.</param>
    public static string Draw(ReadOnlySpan<float> sorted, double limit)
    {
        int row = 0, x = 0;
        Skip(sorted, ref row, radius => radius <= 0);
        int y = Down(sorted.Length - row, sorted.Length);
        var path = new StringBuilder().Append(CultureInfo.InvariantCulture, $"M0 {y}");
        while (row < sorted.Length && Across(sorted[row], limit) is var at && at <= Width)
        {
            Skip(sorted, ref row, radius => Across(radius, limit) == at);
            int down = Down(sorted.Length - row, sorted.Length);
            if (down == y)
                continue;
            if (at > x)
                path.Append(CultureInfo.InvariantCulture, $"h{at - x}");
            path.Append(CultureInfo.InvariantCulture, $"v{down - y}");
            (x, y) = (at, down);
        }

        return x < Width ? path.Append(CultureInfo.InvariantCulture, $"h{Width - x}").ToString() : path.ToString();
    }

    /// <summary>The horizontal unit of an ε; beyond <see cref="Width"/> if it is beyond the limit.</summary>
    public static int Across(double epsilon, double limit) => epsilon > limit ? Width + 1 : (int)Math.Round(epsilon / limit * Width);

    private static int Down(int above, int rows) => (int)Math.Round((1 - ((double)above / rows)) * Height);

    private static void Skip(ReadOnlySpan<float> sorted, ref int row, Func<float, bool> isSame)
    {
        while (row < sorted.Length && isSame(sorted[row]))
            row++;
    }
}
