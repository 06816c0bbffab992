using System.Runtime.CompilerServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// ‖|W|‖₂ of a linear layer, the norm of the map whose weights are the absolute values, which rounding errors are proportional to. By
/// Schur's test, ‖A‖₂² ≤ α·β for a non-negative A if A·p ≤ α·q and Aᵀ·q ≤ β·p with positive p and q. With p = q = 1 this is
/// ‖A‖₁·‖A‖_∞, the largest column sum times the largest row sum (Golub and Van Loan, Matrix Computations, 2.3.3). A row of a
/// convolution's matrix holds the weights of one output channel, a column at most those of one input channel, whatever stride and padding;
/// at the image's edge the sums are only smaller. So p and q have one value for each channel.
/// </summary>
internal static class AbsoluteNorm
{
    /// <summary>The bound, rounded up.</summary>
    /// <param name="weights">[outputs, inputs, taps].</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="taps">Places of the kernel; 1 for a dense layer.</param>
    /// <param name="steps">
    /// 0 for p = q = 1: a few times too large, and cheap. Each step of power iteration brings p and q nearer to the singular vectors, where
    /// the bound is the norm.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // runs once, when a model is loaded
    public static double UpperBound(float[] weights, int outputs, int inputs, int taps, int steps = 0)
    {
        double[] sums = Sums(weights, taps), rows = Filled(outputs), columns = Filled(inputs);
        double least = double.PositiveInfinity;
        for (int step = 0; step <= steps; step++)
        {
            (double[] rowSums, double[] columnSums) = (new double[outputs], new double[inputs]);
            for (int o = 0, at = 0; o < outputs; o++)
            {
                double row = 0, weight = rows[o];
                for (int i = 0; i < inputs; i++, at++)
                {
                    row += sums[at] * columns[i];
                    columnSums[i] += sums[at] * weight;
                }

                rowSums[o] = row;
            }

            least = Math.Min(least, Outward.Multiply(Ratio(rowSums, rows), Ratio(columnSums, columns)));
            (rows, columns) = (Positive(rowSums), Positive(columnSums));
        }

        return Outward.Multiply(Outward.Sqrt(least), Outward.Add(1, Outward.Gamma((long)inputs + outputs + taps)));
    }

    /// <summary>Σ over the taps of |w|, for each output and input channel.</summary>
    private static double[] Sums(float[] weights, int taps)
    {
        var sums = new double[weights.Length / taps];
        for (int i = 0, at = 0; i < sums.Length; i++)
        {
            for (int tap = 0; tap < taps; tap++)
                sums[i] += Math.Abs((double)weights[at++]);
        }

        return sums;
    }

    private static double[] Filled(int count)
    {
        var values = new double[count];
        Array.Fill(values, 1);
        return values;
    }

    private static double Ratio(double[] sums, double[] weights)
    {
        double largest = 0;
        for (int i = 0; i < sums.Length; i++)
            largest = Math.Max(largest, Outward.Divide(sums[i], weights[i]));
        return largest;
    }

    /// <summary>The direction, with no value so small that a quotient by it means little. Any positive values prove a bound.</summary>
    private static double[] Positive(double[] values)
    {
        double largest = values.Max();
        return largest > 0 ? Array.ConvertAll(values, x => Math.Max(x / largest, 1e-6)) : Filled(values.Length);
    }
}
