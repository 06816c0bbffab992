namespace Microsoft.ML.Gloro.Analysis;

/// <summary>A share of rows on two sides of a comparison, where both sides judge the same rows.</summary>
/// <param name="Own">The rows that count on the report's side.</param>
/// <param name="Other">The rows that count on the other side.</param>
/// <param name="OnlyOwn">The rows that count on the report's side alone.</param>
/// <param name="OnlyOther">The rows that count on the other side alone.</param>
/// <param name="Rows">All rows.</param>
internal readonly record struct PairedFigure(long Own, long Other, long OnlyOwn, long OnlyOther, long Rows)
{
    public double OwnShare => (double)Own / Rows;

    public double OtherShare => (double)Other / Rows;

    /// <summary>The report's share less the other.</summary>
    public double Difference => (double)(OnlyOwn - OnlyOther) / Rows;

    /// <summary>
    /// The standard error of <see cref="Difference"/>: rows differ by 1, 0 or −1, and the standard deviation of their mean is
    /// √((b + c − (b − c)²/n))/n, with b and c rows that count on one side alone (the variance of McNemar's test).
    /// </summary>
    public double StandardError
    {
        get
        {
            double apart = OnlyOwn + OnlyOther, difference = OnlyOwn - OnlyOther;
            return Math.Sqrt(Math.Max(0, apart - (difference * difference / Rows))) / Rows;
        }
    }

    /// <summary>Counts one more row.</summary>
    public PairedFigure Add(bool own, bool other) => new(
        Own + (own ? 1 : 0), Other + (other ? 1 : 0), OnlyOwn + (own && !other ? 1 : 0), OnlyOther + (other && !own ? 1 : 0), Rows + 1);
}

/// <summary>A mean over rows on two sides of a comparison.</summary>
/// <param name="OwnSum">The sum on the report's side.</param>
/// <param name="OtherSum">The sum on the other side.</param>
/// <param name="Squares">The sum of the squared differences of rows.</param>
/// <param name="Rows">All rows.</param>
internal readonly record struct PairedMean(double OwnSum, double OtherSum, double Squares, long Rows)
{
    public double Own => OwnSum / Rows;

    public double Other => OtherSum / Rows;

    /// <summary>The report's mean less the other.</summary>
    public double Difference => Own - Other;

    /// <summary>The standard error of <see cref="Difference"/>: the standard deviation of the rows' differences over √n.</summary>
    public double StandardError => Math.Sqrt(Math.Max(0, (Squares / Rows) - (Difference * Difference)) / Rows);

    /// <summary>Counts one more row.</summary>
    public PairedMean Add(double own, double other) =>
        new(OwnSum + own, OtherSum + other, Squares + ((own - other) * (own - other)), Rows + 1);
}
