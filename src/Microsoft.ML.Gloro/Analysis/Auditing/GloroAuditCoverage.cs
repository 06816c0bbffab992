using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// What attacks left of the coverage sets of a calibrated model: rows were moved by up to ε so that their label's score rises. Fractions
/// are of the attacked rows.
/// </summary>
public sealed record GloroAuditCoverage
{
    internal GloroAuditCoverage()
    {
    }

    /// <summary>1 − α, the coverage that the model was calibrated for.</summary>
    public required double Coverage { get; init; }

    /// <summary>The audited rows with a label that the model knows, as far as the time budget reached.</summary>
    public required int RowCount { get; init; }

    /// <summary>The fraction of rows whose set for ε holds their label where nobody moved them.</summary>
    public required double CoveredFraction { get; init; }

    /// <summary>
    /// The fraction of rows whose set for ε held their label at every point that attacks found. It is at least <see cref="Coverage"/>, up
    /// to chance; no attack can lower it below <see cref="ProvedFraction"/>.
    /// </summary>
    public required double AttackedFraction { get; init; }

    /// <summary>The standard error of <see cref="AttackedFraction"/>, from the number of these rows and of the calibration rows.</summary>
    public required double StandardError { get; init; }

    /// <summary>The fraction of rows whose set for ε provably holds their label at every point within ε.</summary>
    public required double ProvedFraction { get; init; }

    /// <summary>The fraction of rows whose set for ε = 0 holds their label where nobody moved them.</summary>
    public required double PlainCoveredFraction { get; init; }

    /// <summary>The fraction of rows whose set for ε = 0 held their label at every point that attacks found.</summary>
    public required double PlainAttackedFraction { get; init; }

    /// <summary>The fraction of rows whose set for ε = 0 provably holds their label at every point within ε.</summary>
    public required double PlainProvedFraction { get; init; }

    /// <summary>Null if there are no rows.</summary>
    internal static GloroAuditCoverage? Of(IReadOnlyCollection<CoverageOutcome> rows, CoverageRule rule)
    {
        if (rows.Count == 0)
            return null;
        double Share(Func<CoverageOutcome, bool> what) => (double)rows.Count(what) / rows.Count;
        double left = Share(row => row.Left);
        return new GloroAuditCoverage
        {
            Coverage = rule.Coverage,
            RowCount = rows.Count,
            CoveredFraction = Share(row => row.Held),
            AttackedFraction = left,
            StandardError = Proportion.StandardError(left, rows.Count, rule.RowCount),
            ProvedFraction = Share(row => row.IsOwed),
            PlainCoveredFraction = Share(row => row.PlainHeld),
            PlainAttackedFraction = Share(row => row.PlainLeft),
            PlainProvedFraction = Share(row => row.IsPlainOwed),
        };
    }
}
