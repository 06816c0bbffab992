using System.Runtime.CompilerServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// ‖|W|‖₂ of a linear layer, the norm of the map whose weights are the absolute values, which rounding errors are proportional to:
/// ‖A‖₂² ≤ ‖A‖₁·‖A‖_∞, the largest column sum times the largest row sum (Golub and Van Loan, Matrix Computations, 2.3.3). A row of a
/// convolution's matrix holds the weights of one output channel, a column at most those of one input channel, whatever stride and padding;
/// at the image's edge the sums are only smaller. A few times too large, and cheap.
/// </summary>
internal static class AbsoluteNorm
{
    /// <summary>The bound, rounded up.</summary>
    /// <param name="weights">[outputs, inputs, taps].</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="taps">Places of the kernel; 1 for a dense layer.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // runs once, when a model is loaded
    public static double UpperBound(float[] weights, int outputs, int inputs, int taps)
    {
        var columns = new double[inputs];
        double largestRow = 0;
        for (int o = 0, at = 0; o < outputs; o++)
        {
            double row = 0;
            for (int i = 0; i < inputs; i++)
            {
                double sum = 0;
                for (int tap = 0; tap < taps; tap++)
                    sum += Math.Abs((double)weights[at++]);
                columns[i] += sum;
                row += sum;
            }

            largestRow = Math.Max(largestRow, row);
        }

        double product = Outward.Multiply(largestRow, columns.Max());
        return Outward.Multiply(Outward.Sqrt(product), Outward.Add(1, Outward.Gamma((long)inputs + outputs + taps)));
    }
}
