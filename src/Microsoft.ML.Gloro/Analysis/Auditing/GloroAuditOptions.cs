namespace Microsoft.ML.Gloro;

/// <summary>How hard <c>mlContext.Gloro.Audit</c> tries to break a model's certificates, and for how long. All values are copied when an audit begins.</summary>
public sealed class GloroAuditOptions
{
    /// <summary>The key column of the true classes, matched with the model's by name. Without such a column the audit says nothing of accuracies. Default: "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>
    /// The most rows to audit, chosen evenly from all. They are held in memory, four bytes for each value of the network's input. Default: 2000.
    /// </summary>
    public int MaxRows { get; set; } = 2000;

    /// <summary>
    /// Gradient steps of an attack from one start. Default: 10; on networks trained here that finds 99.9 % of what 60 steps find, since they are nearly linear within a radius.
    /// </summary>
    public int Steps { get; set; } = 10;

    /// <summary>Starts of each attack: the first at the row itself, the others at random points of the ball, some against other pairs of classes. Default: 3.</summary>
    public int Restarts { get; set; } = 3;

    /// <summary>
    /// Rows whose nearest decision boundary is looked for, and around it for certificates that the last bits break: those whose certificate the attacks came closest to breaking.
    /// Default: 50; 0 leaves this out.
    /// </summary>
    public int BoundaryRows { get; set; } = 50;

    /// <summary>Inputs tried within the certified radius of each point at a boundary; there are up to four such points for a row. Default: 100; 0 leaves this out.</summary>
    public int LastBitTrials { get; set; } = 100;

    /// <summary>Pairs of classes whose margin Lipschitz constant K_ij is sought from below. Default: 10; 0 leaves this out.</summary>
    public int LipschitzPairs { get; set; } = 10;

    /// <summary>Gradient steps for each of these. Default: 60.</summary>
    public int LipschitzSteps { get; set; } = 60;

    /// <summary>Rows that are attacked together. It changes time and memory, and results in the last digits only. Default: 32.</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>The seed of all random choices. The same seed, data, options and machine give the same report if no time budget cuts it short. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// The time that the audit may take, roughly: it ends with the batch that it is at, and the report says what was not reached. Each part has its share, so that a short
    /// budget does a little of everything. Default: null, for no limit.
    /// </summary>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>Whether the bounds are proved anew and compared with those that the model holds; the weights' hash always is. Default: true.</summary>
    public bool RecomputeBounds { get; set; } = true;

    /// <summary>Told after each batch how the audit stands. Default: nobody; MLContext.Log has a line now and then in any case.</summary>
    public IProgress<GloroAuditProgress>? Progress { get; set; }

    /// <summary>Stops the audit within one start of the attack on one batch; it then throws <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>A copy that nobody else holds.</summary>
    internal GloroAuditOptions Copy() => (GloroAuditOptions)MemberwiseClone();

    /// <summary>Throws one exception that names everything that is wrong.</summary>
    /// <exception cref="ArgumentException">One or more values cannot be used.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0)
            throw new ArgumentException($"The options of the audit cannot be used. {string.Join(' ', faults)}");
    }

    private IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
        foreach (var (name, value, least) in new[]
        {
            (nameof(MaxRows), MaxRows, 1), (nameof(Steps), Steps, 1), (nameof(Restarts), Restarts, 1), (nameof(BoundaryRows), BoundaryRows, 0), (nameof(LastBitTrials), LastBitTrials, 0),
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
