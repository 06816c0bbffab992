namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Which labels belong to the coverage set of a row: those whose score can be at most the quantile somewhere within ε. With n calibration
/// rows exchangeable with the rows to come, and the quantile q the ⌈(n + 1)(1 − α)⌉-th smallest of their scores, the true label of a new
/// row belongs to the set with probability 1 − α or more, whatever moves the row by up to ε: s of the row itself is at most q with that
/// probability, and the set holds every label whose score may be that small at some point within ε of the row that was seen. Immutable and
/// thread-safe. ε is not part of it: a quantile is computed from rows that nobody moved, and holds for every ε.
/// </summary>
internal sealed record CoverageRule
{
    /// <param name="kind">The score.</param>
    /// <param name="temperature">T; 1 for <see cref="CoverageScoreKind.Margin"/>.</param>
    /// <param name="coverage">1 − α.</param>
    /// <param name="rowCount">n.</param>
    /// <param name="quantile">q.</param>
    /// <param name="alwaysTop">Whether the top class is added to every set.</param>
    public CoverageRule(CoverageScoreKind kind, double temperature, double coverage, int rowCount, double quantile, bool alwaysTop)
    {
        if (!Enum.IsDefined(kind) || !(temperature > 0) || !double.IsFinite(temperature) || !(coverage > 0 && coverage < 1)
            || double.IsNaN(quantile) || rowCount < 1)
        {
            throw new ArgumentException(
                $"A coverage rule of {kind}, T = {temperature}, coverage {coverage}, {rowCount} rows, and quantile {quantile} " +
                "is not possible.");
        }

        (Kind, Temperature, Coverage, RowCount, Quantile, AlwaysTop) = (kind, temperature, coverage, rowCount, quantile, alwaysTop);
    }

    public CoverageScoreKind Kind { get; }

    public double Temperature { get; }

    public double Coverage { get; }

    public int RowCount { get; }

    public double Quantile { get; }

    public bool AlwaysTop { get; }

    /// <summary>
    /// The rank of the quantile among n scores in ascending order, from 1: ⌈(n + 1)(1 − α)⌉; above n if n rows are too few.
    /// </summary>
    /// <remarks>In decimal, where .9 is .9: in binary, .9·10 may come out above 9.</remarks>
    public static int Rank(int rowCount, double coverage) => (int)Math.Ceiling((rowCount + 1) * (decimal)coverage);

    /// <summary>The fewest calibration rows that allow this coverage.</summary>
    public static int FewestRows(double coverage) => (int)Math.Ceiling((decimal)coverage / (1 - (decimal)coverage));

    /// <summary>
    /// Writes the coverage set at <paramref name="epsilon"/>, in the order of the classes' logits; all classes if nothing is known.
    /// </summary>
    /// <param name="logits">y.</param>
    /// <param name="constants">K_ij.</param>
    /// <param name="error">What rounding may have done to the row.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="destination">Receives the labels; it needs room for all.</param>
    /// <returns>How many labels were written.</returns>
    public int Labels(ReadOnlySpan<float> logits, MarginConstants constants, RowError error, double epsilon, Span<int> destination)
    {
        ClassOrder.TryWrite(logits, destination[..logits.Length]);
        int count = 0;
        for (int place = 0; place < logits.Length; place++)
        {
            int label = destination[place];
            if ((AlwaysTop && place == 0) || CoverageScore.AtLeast(Kind, Temperature, logits, label, constants, error, epsilon) <= Quantile)
                destination[count++] = label; // never beyond the place that is read
        }

        return count;
    }
}
