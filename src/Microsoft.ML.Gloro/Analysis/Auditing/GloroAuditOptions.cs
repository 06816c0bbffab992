using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// Sets how hard and how long <c>mlContext.Gloro.Audit</c> tries to break a model's certificates. All values are copied when an audit
/// begins.
/// </summary>
public sealed class GloroAuditOptions
{
    /// <summary>
    /// The key column of the true classes, matched with the model's by name. Without such a column the audit does not measure accuracies.
    /// Default: "Label".
    /// </summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>
    /// The maximum number of rows to audit, evenly spaced in the data. They are held in memory, four bytes per value of the network's
    /// input. Default: 2000.
    /// </summary>
    public int MaxRows { get; set; } = 2000;

    /// <summary>
    /// Gradient steps of an attack from one start. Default: 10, which finds 99.9 % of what 60 steps find, since Lipschitz networks are
    /// nearly linear within a radius.
    /// </summary>
    public int Steps { get; set; } = 10;

    /// <summary>
    /// Starts of each attack: the first at the row itself, the others at random points of the ball, some against other pairs of classes.
    /// Default: 3.
    /// </summary>
    public int Restarts { get; set; } = 3;

    /// <summary>
    /// The number of rows whose nearest decision boundary is searched for certificates that last-bit changes break. The audit takes the
    /// rows whose certificates attacks came closest to breaking. Default: 50; 0 skips this stage.
    /// </summary>
    public int BoundaryRows { get; set; } = 50;

    /// <summary>
    /// Inputs tried within the certified radius of each point at a boundary; each row has up to four such points. Default: 100; 0 skips
    /// this.
    /// </summary>
    public int LastBitTrials { get; set; } = 100;

    /// <summary>
    /// The number of class pairs for which the audit searches a lower bound of the margin Lipschitz constant K_ij. Default: 10; 0 skips
    /// this.
    /// </summary>
    public int LipschitzPairs { get; set; } = 10;

    /// <summary>Gradient steps for each of these pairs. Default: 60.</summary>
    public int LipschitzSteps { get; set; } = 60;

    /// <summary>Rows that are attacked together. Affects time and memory, and results only in their last digits. Default: 32.</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>
    /// The seed of all random choices. The same seed, data, options and machine give the same report if no time budget cuts it short.
    /// Default: 1.
    /// </summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// The approximate time limit. The audit finishes its current batch, and the report lists what was not reached. Each stage has its
    /// share, so a short budget still covers every stage. Default: null, for no limit.
    /// </summary>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>
    /// Whether to recompute the bounds and compare them with the stored ones. The weights' hash is always checked. Default: true.
    /// </summary>
    public bool RecomputeBounds { get; set; } = true;

    /// <summary>Receives progress after each batch. Default: null; MLContext.Log always gets a line about every ten seconds.</summary>
    public IProgress<GloroAuditProgress>? Progress { get; set; }

    /// <summary>
    /// Cancels the audit, at the latest after one start of the attack on one batch; it then throws <see
    /// cref="OperationCanceledException"/>. Default: none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Returns an independent copy.</summary>
    internal GloroAuditOptions Copy() => (GloroAuditOptions)MemberwiseClone();

    /// <summary>Throws one exception that lists all invalid values.</summary>
    /// <exception cref="ArgumentException">One or more values are invalid.</exception>
    internal void Validate() => OptionFaults.ThrowIfAny("the audit", Faults());

    private IEnumerable<FormattableString> Faults()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
        foreach (var (name, value, least) in new[]
        {
            (nameof(MaxRows), MaxRows, 1), (nameof(Steps), Steps, 1), (nameof(Restarts), Restarts, 1),
                (nameof(BoundaryRows), BoundaryRows, 0), (nameof(LastBitTrials), LastBitTrials, 0),
            (nameof(LipschitzPairs), LipschitzPairs, 0), (nameof(LipschitzSteps), LipschitzSteps, 1), (nameof(BatchSize), BatchSize, 1),
        })
        {
            if (value < least)
                yield return $"{name} must be at least {least}, not {value}.";
        }

        if (TimeBudget is { } budget && budget <= TimeSpan.Zero)
            yield return $"{nameof(TimeBudget)} must be positive, or null for no limit, not {budget}.";
    }
}
