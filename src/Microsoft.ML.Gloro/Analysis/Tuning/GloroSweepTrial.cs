namespace Microsoft.ML.Gloro;

/// <summary>One training of a sweep: its settings, its epochs and its results.</summary>
/// <remarks>
/// Metrics are measured on the sweep's validation rows. The best of many trials is optimistic, so measure the final model on other rows.
/// Immutable and safe for concurrent use.
/// </remarks>
public sealed class GloroSweepTrial
{
    private readonly GloroTrainerOptions _options;

    internal GloroSweepTrial(GloroTrainerOptions options) => _options = options;

    /// <summary>The number of the settings, from 0; the same settings have the same number in every rung.</summary>
    public required int Number { get; init; }

    /// <summary>Whether the settings are the unchanged <see cref="GloroSweepOptions.TrainerOptions"/>.</summary>
    public required bool IsBaseline { get; init; }

    /// <summary>The rung, from 0.</summary>
    public required int Rung { get; init; }

    /// <summary>The epochs of that rung.</summary>
    public required int Epochs { get; init; }

    /// <summary>
    /// The searched options that have an effect, as text: "LearningRate=0.0123, Loss=Emma". The text is the same on every machine.
    /// </summary>
    public required string Settings { get; init; }

    /// <summary>
    /// All options of this training, including epochs and seed, without the cancellation token; a new copy each time. A trainer with these
    /// options gives the same model again.
    /// </summary>
    public GloroTrainerOptions Options => _options.Copy();

    /// <summary>The metric that the sweep maximizes; NaN if the trial failed.</summary>
    public required double Metric { get; init; }

    /// <summary>VRA; NaN if the trial failed.</summary>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>Clean accuracy; NaN if the trial failed.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>Top-1 VRA; NaN if the trial failed.</summary>
    public required double Top1VerifiedRobustAccuracy { get; init; }

    /// <summary>Local VRA; NaN if the trial failed.</summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>The mean size of the certified label sets; NaN if the trial failed.</summary>
    public required double MeanCertifiedSetSize { get; init; }

    /// <summary>The time for training and evaluation.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The error of a failed trial; otherwise null.</summary>
    public required string? Error { get; init; }

    /// <summary>Whether it was read from the journal rather than run.</summary>
    public required bool FromJournal { get; init; }

    /// <summary>A line of text, in the invariant culture.</summary>
    public override string ToString()
    {
        string outcome = Error is null
            ? FormattableString.Invariant($"VRA {VerifiedRobustAccuracy:F4}, clean {CleanAccuracy:F4}")
            : $"failed, {Error}";
        return FormattableString.Invariant($"trial {Number}, {Epochs} epochs: {outcome} ({(IsBaseline ? "as given" : Settings)})");
    }
}

/// <summary>The state of a sweep after a trial.</summary>
public sealed record GloroSweepProgress
{
    /// <summary>The trial that just ended.</summary>
    public required GloroSweepTrial Trial { get; init; }

    /// <summary>The best trial so far; null if none has succeeded.</summary>
    public required GloroSweepTrial? Best { get; init; }

    /// <summary>The number of completed trials over all rungs.</summary>
    public required int Done { get; init; }

    /// <summary>The maximum number of trials over all rungs.</summary>
    public required int Total { get; init; }

    /// <summary>The time since the sweep began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Done} of {Total}, {(long)Elapsed.TotalHours:00}:{Elapsed:mm\\:ss} elapsed: {Trial}");
}
