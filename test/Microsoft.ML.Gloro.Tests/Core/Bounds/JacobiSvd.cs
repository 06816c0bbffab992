namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// Singular values by one-sided Jacobi rotations (Hestenes, 1958): slow, accurate to the last digits, and nothing like the code under test.
/// </summary>
internal static class JacobiSvd
{
    /// <summary>The largest singular value of a matrix given by its columns; accurate to about 1e-14 relatively.</summary>
    public static double Largest(double[][] columns) => SingularValues(columns)[0];

    /// <summary>All singular values, descending.</summary>
    public static double[] SingularValues(double[][] columns)
    {
        double[][] a = columns.Length <= columns[0].Length
            ? Array.ConvertAll(columns, column => (double[])column.Clone())
            : Transpose(columns);
        for (int sweep = 0; sweep < 60; sweep++)
        {
            bool rotated = false;
            for (int p = 0; p < a.Length - 1; p++)
            {
                for (int q = p + 1; q < a.Length; q++)
                    rotated |= Rotate(a[p], a[q]);
            }

            if (!rotated)
                break;
        }

        double[] values = Array.ConvertAll(a, column => Math.Sqrt(Dot(column, column)));
        Array.Sort(values);
        Array.Reverse(values);
        return values;
    }

    private static bool Rotate(double[] x, double[] y)
    {
        double alpha = Dot(x, x), beta = Dot(y, y), gamma = Dot(x, y);
        if (Math.Abs(gamma) <= 1e-15 * Math.Sqrt(alpha * beta))
            return false;
        double zeta = (beta - alpha) / (2 * gamma);
        double t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double c = 1 / Math.Sqrt(1 + (t * t)), s = c * t;
        for (int i = 0; i < x.Length; i++)
            (x[i], y[i]) = ((c * x[i]) - (s * y[i]), (s * x[i]) + (c * y[i]));
        return true;
    }

    // The transpose has the same singular values and fewer columns to rotate.
    private static double[][] Transpose(double[][] columns) =>
        [.. Enumerable.Range(0, columns[0].Length).Select(row => Array.ConvertAll(columns, column => column[row]))];

    private static double Dot(double[] x, double[] y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }
}
