using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>How far a label is from being the prediction. Coverage sets hold the labels of which this is small.</summary>
public enum CoverageScoreKind
{
    /// <summary>
    /// s(x, c) = log Σ_{i≠c} exp((y_i − y_c)/T): minus the log-odds of c in the softmax of the logits over a temperature. It weighs all
    /// classes, and gives the smaller sets when there are many.
    /// </summary>
    Softmax,

    /// <summary>
    /// s(x, c) = max_{i≠c} (y_i − y_c)/K_ic: minus the L2 distance within which c provably stays the top class. It needs no temperature,
    /// and changes by no more than the input does.
    /// </summary>
    Margin,
}

/// <summary>
/// Bounds of the score of a label, at a row and everywhere near it. Within ε of the row, a margin y_i − y_c moves by at most ε·K_ic; the
/// logits of a machine are off by rounding, and a margin of them by at most an error that is added or subtracted. Stateless and
/// thread-safe; nothing is allocated. The method is robust conformal prediction with Lipschitz margins (compare Massena et al., ICML 2025,
/// who use one constant for all pairs of classes).
/// </summary>
internal static class CoverageScore
{
    /// <summary>
    /// Covers the rounding of this code, relative to the largest term: a few operations of relative error 2^−53 for each term, one addition
    /// for each class, and exp and log, which .NET takes from the system's library. Together they err by less than 10^−10, even with a
    /// million classes.
    /// </summary>
    private const double Slack = 1e-10;

    /// <summary>At least s(x′, c) for every x′ within <paramref name="epsilon"/> of the row; +∞ if nothing is known.</summary>
    /// <param name="kind">The score.</param>
    /// <param name="temperature">T of <see cref="CoverageScoreKind.Softmax"/>, above 0.</param>
    /// <param name="logits">y, as a machine computed them.</param>
    /// <param name="label">c.</param>
    /// <param name="constants">K_ij.</param>
    /// <param name="error">What rounding may have done to the row.</param>
    /// <param name="epsilon">ε, at least 0; 0 for the row itself.</param>
    public static double AtMost(
        CoverageScoreKind kind, double temperature, ReadOnlySpan<float> logits, int label, MarginConstants constants, RowError error,
        double epsilon)
    {
        double reached = error.Widen(epsilon);
        return IsKnown(logits, error.Margin, reached)
            ? Bound(kind, temperature, logits, label, constants.Row(label), error.Margin, reached, +1)
            : double.PositiveInfinity;
    }

    /// <summary>
    /// At most s(x′, c) for every x′ within <paramref name="epsilon"/> of the row; −∞ if nothing is known. Parameters as in
    /// <see cref="AtMost"/>.
    /// </summary>
    public static double AtLeast(
        CoverageScoreKind kind, double temperature, ReadOnlySpan<float> logits, int label, MarginConstants constants, RowError error,
        double epsilon)
    {
        double reached = error.Widen(epsilon);
        return IsKnown(logits, error.Margin, reached)
            ? Bound(kind, temperature, logits, label, constants.Row(label), error.Margin, reached, -1)
            : double.NegativeInfinity;
    }

    private static bool IsKnown(ReadOnlySpan<float> logits, double error, double epsilon) =>
        error >= 0 && double.IsFinite(error) && epsilon >= 0 && double.IsFinite(epsilon) && FiniteValues.Only(logits);

    private static double Bound(
        CoverageScoreKind kind, double temperature, ReadOnlySpan<float> logits, int label, ReadOnlySpan<double> row, double error,
        double epsilon, int side) => kind == CoverageScoreKind.Margin
        ? Margin(logits, label, row, error, epsilon, side)
        : Softmax(temperature, logits, label, row, error, epsilon, side);

    // Everything is finite; K_ic is above 0, so no quotient is NaN. One that overflows is infinite on the right side.
    private static double Margin(ReadOnlySpan<float> logits, int label, ReadOnlySpan<double> row, double error, double epsilon, int side)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < logits.Length; i++)
        {
            if (i == label)
                continue;
            double margin = (double)logits[i] - logits[label], quotient = (margin + (side * error)) / row[i];
            double rounding = Slack * (Math.Abs(margin) + error) / row[i];
            largest = Math.Max(largest, quotient + (side * rounding));
        }

        return largest + (side * (epsilon * (1 + Slack)));
    }

    private static double Softmax(
        double temperature, ReadOnlySpan<float> logits, int label, ReadOnlySpan<double> row, double error, double epsilon, int side)
    {
        // The largest exponent is taken out of the sum, which then neither overflows nor is 0.
        double largest = double.NegativeInfinity, scale = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (i == label)
                continue;
            double margin = (double)logits[i] - logits[label], change = error + (epsilon * row[i]);
            largest = Math.Max(largest, (margin + (side * change)) / temperature);
            scale = Math.Max(scale, (Math.Abs(margin) + change) / temperature);
        }

        if (!double.IsFinite(scale))
            return side * double.PositiveInfinity;
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (i != label)
                sum += Math.Exp((((double)logits[i] - logits[label] + (side * (error + (epsilon * row[i])))) / temperature) - largest);
        }

        return largest + Math.Log(sum) + (side * Slack * (1 + scale));
    }
}
