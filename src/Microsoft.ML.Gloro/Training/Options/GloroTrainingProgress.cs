namespace Microsoft.ML.Gloro;

/// <summary>The state of training after an epoch.</summary>
/// <remarks>
/// The values are measured on the validation rows with an estimate of the Lipschitz constant by power iteration, which may be too low.
/// They guide training and certify nothing; the bound of the finished model is proved.
/// </remarks>
public sealed record GloroTrainingProgress
{
    /// <summary>The epoch that has just ended, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The number of epochs of the whole training. Early stopping or a time budget may end it earlier.</summary>
    public required int Epochs { get; init; }

    /// <summary>The mean training loss of the epoch.</summary>
    public required double Loss { get; init; }

    /// <summary>The guarantee that is trained for.</summary>
    public required RobustnessGuarantee Guarantee { get; init; }

    /// <summary>The fraction of validation rows whose top class is right; NaN without validation rows.</summary>
    public required double CleanAccuracy { get; init; }

    /// <summary>
    /// The verified-robust accuracy on the validation rows, under the guarantee and ε trained for; NaN without validation rows.
    /// </summary>
    /// <remarks>
    /// Under a relaxed guarantee it may exceed <see cref="CleanAccuracy"/>: the label may be anywhere in a certified set.
    /// </remarks>
    public required double VerifiedRobustAccuracy { get; init; }

    /// <summary>
    /// The fraction of validation rows whose top class is right and certified alone at the ε trained for, whatever the guarantee; NaN
    /// without validation rows.
    /// </summary>
    public required double LocalVerifiedRobustAccuracy { get; init; }

    /// <summary>The estimate of the sub-Lipschitz constant κ.</summary>
    public required double Kappa { get; init; }

    /// <summary>The time since training began, including the time before the checkpoint it resumed from.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>
    /// The estimated time for the remaining epochs, or what is left of the time budget if that is less; zero after the last epoch.
    /// </summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>One line with all values, in the invariant culture.</summary>
    public override string ToString()
    {
        string accuracies = double.IsNaN(CleanAccuracy)
            ? "no validation rows"
            : RelaxedVra() + FormattableString.Invariant(
                $"local VRA {LocalVerifiedRobustAccuracy:F3}, clean accuracy {CleanAccuracy:F3}");
        return FormattableString.Invariant(
            $"epoch {Epoch}/{Epochs}: loss {Loss:F4}, {accuracies}, κ {Kappa:G4}, {Clock(Elapsed)} elapsed, {Clock(Remaining)} left");
    }

    // It names the sets: otherwise a VRA above the accuracy looks like an error.
    private string RelaxedVra() => Guarantee.Kind switch
    {
        GuaranteeKind.Local => "",
        GuaranteeKind.RelaxedTopK => FormattableString.Invariant(
            $"RT{Guarantee.K} VRA {VerifiedRobustAccuracy:F3} (a set of up to {Guarantee.K} classes), "),
        _ => FormattableString.Invariant($"affinity VRA {VerifiedRobustAccuracy:F3} (a set of related classes), "),
    };

    // Hours count on beyond a day.
    private static string Clock(TimeSpan time) => FormattableString.Invariant($"{(long)time.TotalHours:00}:{time:mm\\:ss}");
}
