using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// What an audit did and found. If the audit breaks a certificate, it throws <see cref="GloroBrokenCertificateException"/> instead of
/// returning a report.
/// </summary>
/// <remarks>Immutable and safe for concurrent use; <see cref="ToString"/> prints a table.</remarks>
public sealed class GloroAuditReport
{
    internal GloroAuditReport()
    {
    }

    /// <summary>The guarantee under which rows were certified.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>The model's ε, in the units of the network's input: pixels scaled to [0, 1], raw features or tolerances.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Whether ε and the radii are measured in tolerances of the features.</summary>
    internal bool InTolerances { get; init; }

    /// <summary>
    /// The arithmetic that certificates cover. With <see cref="CertificateArithmetic.Real"/>, <see cref="LastBitCounterexamples"/> are
    /// possible; with <see cref="CertificateArithmetic.Float64"/> there are none, since one would break a certificate.
    /// </summary>
    public required CertificateArithmetic Arithmetic { get; init; }

    /// <summary>Whether the audit did everything the options ask for; false if the time budget ended a stage early.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The rows that were read, evenly spaced in the data.</summary>
    public required int RowCount { get; init; }

    /// <summary>Rows with a certified radius above 0 under the guarantee.</summary>
    public required int CertifiedRows { get; init; }

    /// <summary>
    /// Rows that were attacked within their certified radius: the largest of the sets that the guarantee allows, so that a claim at least
    /// as far-reaching as that of the column CertifiedRadius is tested. No attack broke a certificate.
    /// </summary>
    public required int AttackedRows { get; init; }

    /// <summary>The indices, from 0, of rows that the time budget left unread, or certified but not attacked.</summary>
    public required IReadOnlyList<long> RowsNotReached { get; init; }

    /// <summary>Gradient steps of an attack from one start.</summary>
    public required int Steps { get; init; }

    /// <summary>Starts of an attack.</summary>
    public required int Restarts { get; init; }

    /// <summary>The largest fraction of a certified margin that an attack within the certified radius consumed; 1 is a tie.</summary>
    public required double LargestConsumedMargin { get; init; }

    /// <summary>The mean over attacked rows of the largest fraction for each.</summary>
    public required double MeanConsumedMargin { get; init; }

    /// <summary>The row of <see cref="LargestConsumedMargin"/>; −1 if none was attacked.</summary>
    public required long LargestConsumedMarginRow { get; init; }

    /// <summary>
    /// The distance of the nearest other top-k set found for a row, in multiples of its certified radius (so above 1); +∞ if none was
    /// found.
    /// </summary>
    public required double NearestFlip { get; init; }

    /// <summary>The row of <see cref="NearestFlip"/>; −1 if none was found.</summary>
    public required long NearestFlipRow { get; init; }

    /// <summary>Rows whose decision boundary was found.</summary>
    public required int BoundaryRows { get; init; }

    /// <summary>Certified points near a boundary that were attacked by changing last bits.</summary>
    public required int BoundaryPoints { get; init; }

    /// <summary>Inputs tried at these points.</summary>
    public required long LastBitTrials { get; init; }

    /// <summary>
    /// Inputs within a certified radius that have another top-k set because of rounding alone: in float64 the margins keep their bounds.
    /// Above 0 only if certificates do not cover rounding at other inputs. Each point near a boundary counts at most once.
    /// </summary>
    public required int LastBitCounterexamples { get; init; }

    /// <summary>Lower and upper bounds of the robust accuracy; null if no audited row has a label.</summary>
    public required GloroAuditAccuracy? Accuracy { get; init; }

    /// <summary>
    /// What attacks left of the coverage sets; null if the model is not calibrated, its ε is 0, or no audited row has a label that it
    /// knows.
    /// </summary>
    public required GloroAuditCoverage? Coverage { get; init; }

    /// <summary>Margin Lipschitz constants from below and above, by pairs of classes, the largest fraction first.</summary>
    public required IReadOnlyList<GloroAuditSlope> Slopes { get; init; }

    /// <summary>The bound κ stored in the model.</summary>
    public required double LipschitzBound { get; init; }

    /// <summary>The recomputed bound κ; NaN if it was not recomputed.</summary>
    public required double RecomputedLipschitzBound { get; init; }

    /// <summary>
    /// The product of what the layers attain. If every layer bound were exact, κ would equal this; the difference is the slack of the proof
    /// method.
    /// </summary>
    public required double AttainedProduct { get; init; }

    /// <summary>The bound of each layer except the final one, whose weights enter the margin Lipschitz constants instead.</summary>
    public required IReadOnlyList<GloroAuditLayer> Layers { get; init; }

    /// <summary>The hash of the weights; the bound was proved for weights with this hash.</summary>
    public required string WeightHash { get; init; }

    /// <summary>How long the audit took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How long each stage took.</summary>
    public required IReadOnlyDictionary<GloroAuditStage, TimeSpan> StageTimes { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => AuditTable.Write(this);
}

/// <summary>
/// Lower and upper bounds of the robust accuracy of the audited rows at the model's ε: VRA ≤ true robust accuracy ≤ accuracy under attack.
/// </summary>
public sealed record GloroAuditAccuracy
{
    internal GloroAuditAccuracy()
    {
    }

    /// <summary>The audited rows with a label. All accuracies are fractions of them.</summary>
    public required int RowCount { get; init; }

    /// <summary>
    /// The fraction whose label is in the largest top-k set that the guarantee allows: <see cref="GloroMetrics.TopKAccuracy"/> of these
    /// rows, top-1 accuracy under local robustness.
    /// </summary>
    public required double TopKAccuracy { get; init; }

    /// <summary>VRA of these rows: the proved lower bound.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>
    /// The upper bound: the fraction whose label was in that set and stayed there in all attacks within ε. Rows that were not attacked
    /// count as right.
    /// </summary>
    public required double EmpiricalRobustAccuracy { get; init; }

    /// <summary>The rows that are right but not proved, and how many of them were attacked.</summary>
    public required int UnprovedRows { get; init; }

    /// <inheritdoc cref="UnprovedRows"/>
    public required int AttackedRows { get; init; }
}

/// <summary>The steepest slope found for the margin of two classes, and the bound that certificates use.</summary>
public sealed record GloroAuditSlope
{
    internal GloroAuditSlope()
    {
    }

    /// <summary>One class.</summary>
    public required string First { get; init; }

    /// <summary>The other.</summary>
    public required string Second { get; init; }

    /// <summary>
    /// The largest found |(y_j − y_i)(x) − (y_j − y_i)(x′)| / ‖x − x′‖₂, computed in float64: a lower bound of the margin's Lipschitz
    /// constant.
    /// </summary>
    public required double Attained { get; init; }

    /// <summary>K_ij, the proved upper bound.</summary>
    public required double Bound { get; init; }

    /// <summary>
    /// <see cref="Attained"/> / <see cref="Bound"/>; at most 1, or the audit fails. The gap to 1 limits what a tighter bound could gain
    /// near these rows.
    /// </summary>
    public double Fraction => Bound > 0 ? Attained / Bound : 0;
}

/// <summary>A layer and its bound.</summary>
public sealed record GloroAuditLayer
{
    internal GloroAuditLayer()
    {
    }

    /// <summary>The layer's position in the network, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The kind of layer, such as "convolution".</summary>
    public required string Kind { get; init; }

    /// <summary>How the model's bound was proved.</summary>
    public required string Method { get; init; }

    /// <summary>The proved upper bound of the layer's Lipschitz constant (L2) that the model holds.</summary>
    public required double StoredBound { get; init; }

    /// <summary>The recomputed bound; NaN if it was not recomputed.</summary>
    public required double RecomputedBound { get; init; }

    /// <summary>
    /// A lower bound of the layer's Lipschitz constant, attained by a concrete pair of inputs; recomputed together with the bound.
    /// </summary>
    public required double Attained { get; init; }

    /// <summary>The largest fraction by which <see cref="StoredBound"/> may exceed the true constant.</summary>
    public double Slack => StoredBound == 0 ? 0 : (StoredBound / Attained) - 1;
}
