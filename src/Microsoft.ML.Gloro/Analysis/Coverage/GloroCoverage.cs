using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// A calibrated model. Its <see cref="Model"/> gives a column <c>CoverageLabels</c>: a set of labels that holds the true label with
/// probability <see cref="Coverage"/> or more, even if someone moved the input by up to the model's ε.
/// </summary>
/// <remarks>
/// The probability is over the draw of the calibration rows and of the new row, which must come from the same source in no particular order
/// (exchangeable). It is an average over all rows: a single class may be covered less.
/// </remarks>
public sealed class GloroCoverage
{
    internal GloroCoverage()
    {
    }

    /// <summary>
    /// The model with the column CoverageLabels. Save it, and change its ε with <c>WithEpsilon</c>: the calibration stays valid.
    /// </summary>
    public required ITransformer Model { get; init; }

    /// <summary>1 − α.</summary>
    public required double Coverage { get; init; }

    /// <summary>q: a label belongs to the set if its score can be at most this within ε.</summary>
    public required double Quantile { get; init; }

    /// <summary>The number of calibration rows with a label.</summary>
    public required int RowCount { get; init; }

    /// <summary>The score of a label.</summary>
    public required CoverageScoreKind Score { get; init; }

    /// <summary>The temperature of the score; 1 if it has none.</summary>
    public required double Temperature { get; init; }

    /// <summary>One line, in the invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"coverage {Coverage:0.####} from {RowCount:N0} rows: labels with a {Score} score of at most {Quantile:G6} within ε ") +
        FormattableString.Invariant($"(temperature {Temperature:G4})");
}

/// <summary>
/// How well coverage sets do on rows that were used neither for training nor for calibration. Fractions are between 0 and 1.
/// </summary>
public sealed class GloroCoverageMetrics
{
    internal GloroCoverageMetrics()
    {
    }

    /// <summary>1 − α, the coverage that was asked for.</summary>
    public required double Coverage { get; init; }

    /// <summary>The L2 radius ε of the sets, in pixels scaled to [0, 1], raw features or tolerances.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Whether ε and the radii are measured in tolerances of the features.</summary>
    internal bool InTolerances { get; init; }

    /// <summary>The number of rows with a label that the model knows.</summary>
    public required long RowCount { get; init; }

    /// <summary>
    /// The fraction of rows whose set holds their label. On rows that nobody moved it is above <see cref="Coverage"/> for ε &gt; 0.
    /// </summary>
    public required double CoveredFraction { get; init; }

    /// <summary>The standard error of <see cref="CoveredFraction"/>, from the number of these rows and of the calibration rows.</summary>
    public required double StandardError { get; init; }

    /// <summary>The mean number of labels in a set.</summary>
    public required double MeanSetSize { get; init; }

    /// <summary>The fraction of sets with exactly one label.</summary>
    public required double SingletonFraction { get; init; }

    /// <summary>The fraction of sets without a label.</summary>
    public required double EmptyFraction { get; init; }

    /// <summary>
    /// The fraction of rows whose label stays in the set for ε = 0, wherever within ε the row is moved. It is proved for these rows, and
    /// tells what sets made without regard to an attacker are worth under attack.
    /// </summary>
    public required double PlainCoveredUnderAttackFraction { get; init; }

    /// <summary>
    /// A lower bound of the probability that <see cref="PlainCoveredUnderAttackFraction"/> estimates. With probability 99.9 % it holds at
    /// all ε at once (Dvoretzky, Kiefer and Wolfowitz, with Massart's constant).
    /// </summary>
    public required double PlainCoverageUnderAttack { get; init; }

    /// <summary>
    /// For each class of the model, in its order: its name, its rows, and the fraction of them whose set holds their label.
    /// </summary>
    public required IReadOnlyList<GloroClassCoverage> PerClass { get; init; }

    /// <summary>A small table, in the invariant culture.</summary>
    public override string ToString()
    {
        var table = new TextTable();
        table.Line($"Coverage {Coverage:0.####} at epsilon {MetricsTable.Epsilon(Epsilon, InTolerances)}, {RowCount:N0} rows");
        table.Row("sets that hold the label", $"{CoveredFraction,8:F4} ± {StandardError:F4}");
        table.Row("mean labels in a set", MeanSetSize, "F2");
        table.Row("sets with one label", SingletonFraction);
        table.Row("empty sets", EmptyFraction);
        table.Row("plain sets that hold it under attack",
            $"{PlainCoveredUnderAttackFraction,8:F4}, so at least {PlainCoverageUnderAttack:F4}");
        foreach (GloroClassCoverage c in PerClass.Count <= 20 ? PerClass : [])
            table.Line($"    {c.Name,-30}{c.RowCount,8:N0}{c.CoveredFraction,8:F3}");
        return table.ToString();
    }
}

/// <summary>The coverage of one class.</summary>
/// <param name="Name">The class.</param>
/// <param name="RowCount">The number of rows with this label.</param>
/// <param name="CoveredFraction">The fraction of them whose set holds the label; 0 if there are none.</param>
public sealed record GloroClassCoverage(string Name, long RowCount, double CoveredFraction);
