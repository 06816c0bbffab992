using Microsoft.ML.Gloro.Analysis;

namespace Microsoft.ML.Gloro;

/// <summary>
/// What an audit did and found, in a model whose certificates it could not break (else there is no report but a <see cref="GloroBrokenCertificateException"/>).
/// </summary>
/// <remarks>Immutable and safe for concurrent use; <see cref="ToString"/> prints a table.</remarks>
public sealed class GloroAuditReport
{
    internal GloroAuditReport()
    {
    }

    /// <summary>The guarantee under which rows were certified.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>The model's ε, in the units of the network's input: pixels scaled to [0, 1], or raw features.</summary>
    public required float Epsilon { get; init; }

    /// <summary>
    /// The arithmetic that certificates speak of. With <see cref="CertificateArithmetic.Real"/>, <see cref="LastBitCounterexamples"/> are expected; with
    /// <see cref="CertificateArithmetic.Float64"/> there is none, since one would break a certificate.
    /// </summary>
    public required CertificateArithmetic Arithmetic { get; init; }

    /// <summary>Whether everything was done that the options ask for; false if the time budget ended some part early.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The rows that were read, chosen evenly.</summary>
    public required int RowCount { get; init; }

    /// <summary>Those with a certified radius above 0 under the guarantee.</summary>
    public required int CertifiedRows { get; init; }

    /// <summary>Those that were attacked within it. No attack broke a certificate.</summary>
    public required int AttackedRows { get; init; }

    /// <summary>The numbers, from 0, of the rows that the time budget left unread or, though certified, not attacked.</summary>
    public required IReadOnlyList<long> RowsNotReached { get; init; }

    /// <summary>Gradient steps of an attack from one start.</summary>
    public required int Steps { get; init; }

    /// <summary>Starts of an attack.</summary>
    public required int Restarts { get; init; }

    /// <summary>The largest fraction of a certified margin that an attack within the certified radius consumed; 1 would be a tie.</summary>
    public required double LargestConsumedMargin { get; init; }

    /// <summary>The mean over attacked rows of the largest fraction for each.</summary>
    public required double MeanConsumedMargin { get; init; }

    /// <summary>The row of <see cref="LargestConsumedMargin"/>; −1 if none was attacked.</summary>
    public required long LargestConsumedMarginRow { get; init; }

    /// <summary>The nearest other top-k set that was found for a row, in multiples of its certified radius, so more than 1; +∞ if none was found.</summary>
    public required double NearestFlip { get; init; }

    /// <summary>Its row; −1 if none was found.</summary>
    public required long NearestFlipRow { get; init; }

    /// <summary>Rows whose decision boundary was found.</summary>
    public required int BoundaryRows { get; init; }

    /// <summary>Certified points beside it that were attacked by last bits.</summary>
    public required int BoundaryPoints { get; init; }

    /// <summary>Inputs that were tried there.</summary>
    public required long LastBitTrials { get; init; }

    /// <summary>
    /// Inputs within a certified radius that have another top-k set by rounding alone: in float64 the margins keep their bounds. Only where certificates do not cover rounding.
    /// Each point beside a boundary counts once at most.
    /// </summary>
    public required int LastBitCounterexamples { get; init; }

    /// <summary>The robust accuracy from both sides; null if the data has no label column.</summary>
    public required GloroAuditAccuracy? Accuracy { get; init; }

    /// <summary>Margin Lipschitz constants from below and above, by pairs of classes, the largest fraction first.</summary>
    public required IReadOnlyList<GloroAuditSlope> Slopes { get; init; }

    /// <summary>κ as the model holds it.</summary>
    public required double LipschitzBound { get; init; }

    /// <summary>κ as proved anew; NaN if that was not done.</summary>
    public required double RecomputedLipschitzBound { get; init; }

    /// <summary>The product of what the layers attain: κ would be this if every bound were exact. The difference is what the method of proof costs.</summary>
    public required double AttainedProduct { get; init; }

    /// <summary>The bound of each layer but the final one, whose weights enter the margin Lipschitz constants instead.</summary>
    public required IReadOnlyList<GloroAuditLayer> Layers { get; init; }

    /// <summary>The hash of the weights, which is the one that the bound was proved for.</summary>
    public required string WeightHash { get; init; }

    /// <summary>How long the audit took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How long each of its parts took.</summary>
    public required IReadOnlyDictionary<GloroAuditStage, TimeSpan> StageTimes { get; init; }

    /// <summary>A table, in the invariant culture.</summary>
    public override string ToString() => AuditTable.Write(this);
}
