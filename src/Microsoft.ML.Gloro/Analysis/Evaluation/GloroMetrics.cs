using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Metrics of a scored view: verified-robust accuracy (VRA) under one guarantee at one ε, and the metrics to read with it. A relaxed VRA
/// alone misleads, because it counts every row whose label is <em>somewhere</em> in a set that holds; see also
/// <see cref="MeanLoosestSetSize"/>, <see cref="LocalVerifiedRobustAccuracy"/> and <see cref="Top1VerifiedRobustAccuracy"/>.
/// </summary>
/// <remarks>
/// All accuracies are fractions of <see cref="RowCount"/> between 0 and 1. Immutable and safe for concurrent use; <see cref="ToString"/>
/// prints a table.
/// </remarks>
/// <example>
/// <code language="csharp">
/// GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
/// Console.WriteLine($"{metrics.VerifiedRobustAccuracy:P1} of {metrics.CleanAccuracy:P1} at ε = {metrics.Epsilon}");
/// Console.WriteLine($"at half of it: {metrics.CertifiedAccuracyCurve.At(metrics.Epsilon / 2):P1}");
/// </code>
/// </example>
public sealed class GloroMetrics
{
    internal GloroMetrics()
    {
    }

    /// <summary>
    /// The radius of the certificates: L2 in the units of the network's input (pixels scaled to [0, 1], or raw features), or in
    /// <see cref="Tolerances"/>.
    /// </summary>
    public required float Epsilon { get; init; }

    /// <summary>How far each feature can be off, in which ε and all radii are measured; null if they are L2 distances.</summary>
    public required GloroTolerances? Tolerances { get; init; }

    /// <summary>The evaluated guarantee.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>
    /// The arithmetic that the certificates cover; null if the scored view does not record it. With
    /// <see cref="CertificateArithmetic.Float64"/> every VRA here is proved for the computed scores, with
    /// <see cref="CertificateArithmetic.Real"/> for the network as a function of real numbers.
    /// </summary>
    public required CertificateArithmetic? Arithmetic { get; init; }

    /// <summary>
    /// The rows evaluated: all that have a label, <see cref="UnknownLabelRows"/> included, <see cref="MissingLabelRows"/> not.
    /// </summary>
    public required long RowCount { get; init; }

    /// <summary>
    /// Rows without a label (a missing key, which MapValueToKey gives for unknown values). All other metrics exclude them.
    /// </summary>
    public required long MissingLabelRows { get; init; }

    /// <summary>
    /// Rows whose label is not a class of the model. They are part of <see cref="RowCount"/> and always count as wrong.
    /// </summary>
    public required long UnknownLabelRows { get; init; }

    /// <summary>The fraction of rows whose top-1 class is the label. Rows whose logits are not finite are wrong.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>
    /// The fraction of rows whose label is within the largest top-k set that the guarantee allows for the row's class order, certified or
    /// not (top-1 where it allows none). Under RTK it is top-K accuracy, under local robustness clean accuracy; it is the upper limit of
    /// VRA.
    /// </summary>
    public required double TopKAccuracy { get; init; }

    /// <summary>
    /// VRA: the fraction of rows whose label is in a set that the guarantee allows and that holds at ε. So the loosest such set decides
    /// (the LoosestK highest classes), as in the code of the method's paper, and not CertifiedLabels, the tightest. Since that set may hold
    /// the label where the top-1 class is wrong, a relaxed VRA can exceed <see cref="CleanAccuracy"/>; <see cref="TopKAccuracy"/> is its
    /// limit.
    /// </summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>Local VRA: the fraction of rows with r_1 &gt; ε whose top-1 class is the label, whatever the guarantee.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>Top-1 VRA: the fraction of rows that are certified under the guarantee at ε and whose top-1 class is the label.</summary>
    public required double Top1VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of rows that are certified under the guarantee at ε, right or wrong.</summary>
    public required double CertifiedFraction { get; init; }

    /// <summary>The fraction of rows that are not: 1 − <see cref="CertifiedFraction"/>.</summary>
    public required double RejectionRate { get; init; }

    /// <summary>
    /// The fraction of rows whose CertifiedGroup is a group: several classes are certified at ε, in an affinity set with a name. Rows with
    /// one certified class are not among them; CertifiedGroup is that class.
    /// </summary>
    public required double GroupFraction { get; init; }

    /// <summary>The named affinity sets of the guarantee, in its order; empty if it has none.</summary>
    public required IReadOnlyList<GloroGroupMetrics> PerGroup { get; init; }

    /// <summary>
    /// The mean size of the certified label set (CertifiedLabels, the tightest set that holds) over the certified rows; 0 if none is
    /// certified.
    /// </summary>
    public required double MeanCertifiedSetSize { get; init; }

    /// <summary>
    /// The mean size of the loosest set that holds (LoosestK) over the certified rows; 0 if none is certified.
    /// <see cref="VerifiedRobustAccuracy"/> counts labels in these sets.
    /// </summary>
    public required double MeanLoosestSetSize { get; init; }

    /// <summary>
    /// Entry k is the number of rows whose certified label set has k classes; entry 0 is the number of rows that are not certified.
    /// </summary>
    public required IReadOnlyList<long> CertifiedKCounts { get; init; }

    /// <summary>The same for the loosest set that holds.</summary>
    public required IReadOnlyList<long> LoosestKCounts { get; init; }

    /// <summary>
    /// The mean over rows of the radius up to which the row counts for VRA (0 for rows that never do): the area under
    /// <see cref="CertifiedAccuracyCurve"/>.
    /// </summary>
    public required double AverageCertifiedRadius { get; init; }

    /// <summary>VRA under the guarantee as a function of ε, exact.</summary>
    public required CertifiedAccuracyCurve CertifiedAccuracyCurve { get; init; }

    /// <summary>Local VRA as a function of ε, exact.</summary>
    public required CertifiedAccuracyCurve LocalCertifiedAccuracyCurve { get; init; }

    /// <summary>The metrics of every class of the model, in the model's order.</summary>
    public required IReadOnlyList<GloroClassMetrics> PerClass { get; init; }

    /// <summary>
    /// ML.NET's own metrics of the same rows (log-loss, confusion matrix, …), computed in the same pass; null if the view has no usable
    /// Score column. ML.NET leaves out rows whose scores are not finite, so its accuracy can be higher than <see cref="CleanAccuracy"/>
    /// there.
    /// </summary>
    public required MulticlassClassificationMetrics? Classification { get; init; }

    /// <summary>
    /// A small table, in the invariant culture, with a line for each class if there are at most 20. Each accuracy p has its standard error
    /// √(p(1 − p)/n): how far it would vary between random samples of n = <see cref="RowCount"/> rows.
    /// </summary>
    public override string ToString() => MetricsTable.Write(this);
}

/// <summary>
/// The metrics of the rows labeled with one class. All accuracies are fractions between 0 and 1, and 0 if there are no such rows.
/// </summary>
public sealed class GloroClassMetrics
{
    internal GloroClassMetrics()
    {
    }

    /// <summary>The class.</summary>
    public required string Name { get; init; }

    /// <summary>The number of rows with this label.</summary>
    public required long RowCount { get; init; }

    /// <summary>The number of these rows that are certified under the guarantee at ε, right or wrong.</summary>
    public required long CertifiedRowCount { get; init; }

    /// <summary>The fraction of them whose top-1 class is the label: the recall of the class.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>The fraction of them whose label is in a set that the guarantee allows and that holds at ε.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>The fraction of them that are locally robust at ε and whose top-1 class is the label.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>The class and its figures in a line, in the invariant culture.</summary>
    public override string ToString() =>
        Name + FormattableString.Invariant($": {RowCount:N0} rows, clean accuracy {CleanAccuracy:F3}, ") +
        FormattableString.Invariant($"VRA {VerifiedRobustAccuracy:F3}, local {LocalVerifiedRobustAccuracy:F3}");
}

/// <summary>The rows of which a named group of classes is the finest name that is certified at ε.</summary>
public sealed class GloroGroupMetrics
{
    internal GloroGroupMetrics()
    {
    }

    /// <summary>The name of the group.</summary>
    public required string Name { get; init; }

    /// <summary>The number of its classes.</summary>
    public required int ClassCount { get; init; }

    /// <summary>
    /// The number of rows that CertifiedGroup gives this name: several classes are certified, and this is the smallest named group that
    /// holds them.
    /// </summary>
    public required long RowCount { get; init; }

    /// <summary>The number of these rows whose label is a class of the group.</summary>
    public required long CorrectRowCount { get; init; }

    /// <summary>The group and its figures in a line, in the invariant culture.</summary>
    public override string ToString() =>
        Name + FormattableString.Invariant($": {RowCount:N0} rows, the label of {CorrectRowCount:N0} is in it");
}

/// <summary>One fold of a cross-validation.</summary>
/// <param name="Fold">The fold's number, from 0.</param>
/// <param name="Model">The pipeline fitted on the other folds.</param>
/// <param name="ScoredHoldOutSet">The fold's rows, scored; a lazy view that scores when it is read.</param>
/// <param name="Metrics">The metrics on the fold's rows.</param>
public sealed record GloroCrossValidationResult(int Fold, ITransformer Model, IDataView ScoredHoldOutSet, GloroMetrics Metrics);
