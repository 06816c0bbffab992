using System.Numerics;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Margin Lipschitz constants K_ij = κ·‖w_i − w_j‖₂ of a network whose final rows are w_i: how fast the margin y_j − y_i can change (Leino,
/// Wang, Fredrikson, 2021).
/// </summary>
internal static class MarginLipschitz
{
    /// <summary>
    /// All K_ij as upper bounds in double. Classes with equal rows have K_ij = 0 exactly: their margin is the same for every input.
    /// <paramref name="rounding"/> is added to each: how much faster computed margins can change. If no dense layer comes before the final
    /// one, tolerances multiply its rows: K_ij = ‖D·S·(w_i − w_j)‖₂, exactly how fast the margin changes.
    /// </summary>
    /// <remarks>
    /// Differences of floats are rounded once in double, squares and sums of n of them, all positive, err by at most γ_{n+3} relatively, in
    /// any order (γ_{n+5} with tolerances); nothing can overflow or underflow, since floats lie within 10^±45 (and
    /// <see cref="InputMetric.Factors"/> within 10^±100). The root is rounded up, then multiplied by 1 + γ and
    /// κ, each rounded up.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The bound was proved for other weights, a weight of the final layer is not finite, or a constant overflows.
    /// </exception>
    public static MarginConstants Compute(DeployedNetwork network, LipschitzBound bound, double rounding = 0)
    {
        // A bound taken before the last weight update proves nothing about the weights that run.
        if (!string.Equals(bound.WeightHash, WeightHash.Compute(network), StringComparison.Ordinal))
            throw new ArgumentException(
                "The Lipschitz bound was proved for other weights than the network has. Compute it again, after the last change of the " +
                "weights.", nameof(bound));

        DeployedDense final = network.Final;
        int classes = final.Outputs;
        double factor = Outward.Multiply(bound.Value, Outward.Add(1, Outward.Gamma(final.Inputs + 8L)));
        double[] rows = Array.ConvertAll(final.Weights, weight => (double)weight);
        double[] factors = network.Metric is { } metric && network.Layers[metric.Joined] == final ? metric.Factors : [];
        var values = new double[checked(classes * classes)];
        Parallel.For(0, classes, i =>
        {
            for (int j = 0; j < i; j++)
            {
                ReadOnlySpan<double> x = rows.AsSpan(i * final.Inputs, final.Inputs), y = rows.AsSpan(j * final.Inputs, final.Inputs);
                double squares = factors.Length == 0 ? SquaredDistance(x, y) : SquaredDistance(x, y, factors);
                double constant = Outward.Add(Outward.Multiply(factor, Outward.Sqrt(squares)), rounding);
                values[(i * classes) + j] = constant;
                values[(j * classes) + i] = constant;
            }
        });

        int bad = Array.FindIndex(values, value => !double.IsFinite(value));
        return bad < 0
            ? new MarginConstants(values, classes)
            : throw new ArgumentException(
                $"The margin Lipschitz constant of classes {bad / classes} and {bad % classes} is {values[bad]}: weights are not finite " +
                "or far too large.", nameof(network));
    }

    private static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> factors)
    {
        double sum = 0;
        for (int k = 0; k < x.Length; k++)
        {
            double difference = (x[k] - y[k]) * factors[k];
            sum += difference * difference;
        }

        return sum;
    }

    private static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector<double> sums = default;
        int k = 0;
        for (; k <= x.Length - Vector<double>.Count; k += Vector<double>.Count)
        {
            Vector<double> difference = new Vector<double>(x[k..]) - new Vector<double>(y[k..]);
            sums += difference * difference;
        }

        double sum = Vector.Sum(sums);
        for (; k < x.Length; k++)
            sum += (x[k] - y[k]) * (x[k] - y[k]);
        return sum;
    }
}
