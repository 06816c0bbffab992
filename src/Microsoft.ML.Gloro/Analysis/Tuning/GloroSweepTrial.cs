namespace Microsoft.ML.Gloro;

/// <summary>One training of a sweep: some settings for some epochs, and what came of it.</summary>
/// <remarks>
/// Figures are of the sweep's validation rows, by which settings are chosen: the best of many is partly luck, so measure what is chosen on rows that took no part in it.
/// Immutable and safe for concurrent use.
/// </remarks>
public sealed class GloroSweepTrial
{
    private readonly GloroTrainerOptions _options;

    internal GloroSweepTrial(GloroTrainerOptions options) => _options = options;

    /// <summary>The number of the settings, from 0; the same settings have the same number in every rung.</summary>
    public required int Number { get; init; }

    /// <summary>Whether the settings are those of <see cref="GloroSweepOptions.TrainerOptions"/> as given.</summary>
    public required bool IsBaseline { get; init; }

    /// <summary>The rung, from 0.</summary>
    public required int Rung { get; init; }

    /// <summary>The epochs of that rung.</summary>
    public required int Epochs { get; init; }

    /// <summary>What was searched and has a say, as text: "LearningRate=0.0123, Loss=Emma". It is the same on every machine.</summary>
    public required string Settings { get; init; }

    /// <summary>All options of this training, epochs and seed included, without a cancellation token: a new copy each time. A trainer made of them gives the same model again.</summary>
    public GloroTrainerOptions Options => _options.Copy();

    /// <summary>What the sweep makes as large as possible; NaN if the trial failed.</summary>
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

    /// <summary>How long training and measuring took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What the trial failed with; null if it did not.</summary>
    public required string? Error { get; init; }

    /// <summary>Whether it was read from the journal rather than run.</summary>
    public required bool FromJournal { get; init; }

    /// <summary>A line of text, in the invariant culture.</summary>
    public override string ToString() => FormattableString.Invariant($"trial {Number}, {Epochs} epochs: ")
        + (Error is null ? FormattableString.Invariant($"VRA {VerifiedRobustAccuracy:F4}, clean {CleanAccuracy:F4}") : $"failed, {Error}") + $" ({(IsBaseline ? "as given" : Settings)})";
}
