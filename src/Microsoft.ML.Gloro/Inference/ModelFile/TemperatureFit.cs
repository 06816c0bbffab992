
namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Finds the temperature T &gt; 0 with which softmax(y / T) makes given labels most likely (Guo, Pleiss, Sun, Weinberger: On Calibration of
/// Modern Neural Networks, ICML 2017).
/// </summary>
/// <remarks>
/// <para>In b = 1/T the negative log-likelihood is convex: of a row its slope is Σ_i p_i y_i − y_label and its curvature the variance of y
/// under p = softmax(b·y). Newton's method finds where the slope is 0, kept between an end with a negative and one with a positive
/// slope.</para>
/// <para>To N rows one more is added whose label may be any class and whose logits are like theirs: each row has the weight 1/N on all
/// classes alike, beside 1 on its label. Were all rows right, the likelihood alone would ask for T = 0, which is to say for no doubt at
/// all; so the doubt stays that N rows leave, about 1 in N (Platt, 1999, smooths his targets for this reason). Where some are wrong it
/// moves T little, and less the more rows there are.</para>
/// <para>Scaling all logits scales T. Stateless and thread-safe; the same rows in the same order give the same bits.</para>
/// </remarks>
internal static class TemperatureFit
{
    // In units of 1 / (the rows' mean spread of logits). The least, which labels take that are right no more often than chance, leaves
    // scores that are nearly equal, and yet in the order of the logits; the largest only keeps the search finite.
    private const double Least = 1e-3, Largest = 1e6;

    // The last step of Newton's method is as short as this; what is left is the square of it. About ten steps are needed; halving alone, of
    // nine decades, would take forty.
    private const double Tolerance = 1e-10;
    private const int MostSteps = 100;

    /// <summary>The temperature; 1 if there is no row to fit it to.</summary>
    /// <param name="logits">Rows of logits; a row that holds NaN or an infinity does not count.</param>
    /// <param name="labels">The class of each row, from 0.</param>
    public static double Fit(IReadOnlyList<float[]> logits, IReadOnlyList<int> labels)
    {
        int[] rows = [.. Enumerable.Range(0, logits.Count).Where(row => Array.TrueForAll(logits[row], float.IsFinite))];
        double spread = rows.Sum(row => (double)logits[row].Max() - logits[row].Min()) / Math.Max(1, rows.Length);
        if (!(spread > 0))
            return 1;

        // The sum that the labels contribute to the slope is the same for every b.
        double[][] shifted = Array.ConvertAll(rows, row => Shift(logits[row]));
        double share = 1 / (rows.Length + 1.0);
        double ofLabels = rows.Select((row, i) => ((1 - share) * shifted[i][labels[row]]) + (share * shifted[i].Average())).Sum();
        double inverse = Solve(b => Slope(shifted, ofLabels, b), Least / spread, Largest / spread);
        return Math.Clamp(1 / inverse, ModelLimits.LeastTemperature, ModelLimits.LargestTemperature);
    }

    // Logits less the highest: so no exponential overflows.
    private static double[] Shift(float[] logits)
    {
        double highest = logits.Max();
        return Array.ConvertAll(logits, y => y - highest);
    }

    // The root of an increasing function, or the end of the range that is nearest to it.
    private static double Solve(Func<double, (double Slope, double Curvature)> at, double low, double high)
    {
        if (at(low).Slope >= 0)
            return low;
        if (at(high).Slope <= 0)
            return high;
        double b = Math.Sqrt(low * high);
        for (int step = 0; step < MostSteps; step++)
        {
            var (slope, curvature) = at(b);
            if (slope < 0)
                low = b;
            else
                high = b;
            double next = b - (slope / curvature);
            if (!(next > low && next < high))
                next = Math.Sqrt(low * high); // the middle of the decades between them
            bool found = Math.Abs(next - b) <= Tolerance * b;
            b = next;
            if (found)
                break;
        }

        return b;
    }

    private static (double Slope, double Curvature) Slope(double[][] rows, double ofLabels, double b)
    {
        double slope = -ofLabels, curvature = 0;
        foreach (double[] row in rows)
        {
            double sum = 0, first = 0, second = 0;
            foreach (double y in row)
            {
                double p = Math.Exp(b * y);
                sum += p;
                first += p * y;
                second += p * y * y;
            }

            double mean = first / sum;
            slope += mean;
            curvature += (second / sum) - (mean * mean);
        }

        return (slope, curvature);
    }
}
