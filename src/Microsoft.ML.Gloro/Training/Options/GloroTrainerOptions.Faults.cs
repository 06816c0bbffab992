namespace Microsoft.ML.Gloro;

/// <content>What can be wrong with the options.</content>
public abstract partial class GloroTrainerOptions
{
    private const double LargestNumber = 1e30; // libtorch takes these numbers as float32

    /// <summary>Everything that is wrong, one sentence each.</summary>
    internal virtual IEnumerable<FormattableString> Faults() => [.. FaultsOfTheTask(), .. FaultsOfControl(), .. FaultsOfNumbers()];

    private protected static IEnumerable<FormattableString> FaultsOf(IReadOnlyList<GloroLayer>? layers)
    {
        for (int i = 0; i < layers?.Count; i++)
        {
            if (layers[i] is null)
                yield return $"Layers[{i}] is null.";
        }
    }

    private IEnumerable<FormattableString> FaultsOfTheTask()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
        if (string.IsNullOrWhiteSpace(FeatureColumnName))
            yield return $"{nameof(FeatureColumnName)} is empty.";
        if (ExampleWeightColumnName is not null && string.IsNullOrWhiteSpace(ExampleWeightColumnName))
            yield return $"{nameof(ExampleWeightColumnName)} is empty; use null for no weights.";
        if (OutputColumnPrefix is null)
            yield return $"{nameof(OutputColumnPrefix)} is null; use an empty text for none.";
        if (Guarantee is null)
            yield return $"{nameof(Guarantee)} is null; use RobustnessGuarantee.Local, RelaxedTopK or Affinity.";
        if (!(float.IsFinite(Epsilon) && Epsilon >= 0))
            yield return $"{nameof(Epsilon)} is an L2 radius, a finite number of 0 or more, not {Epsilon}.";
        if (!(ValidationFraction is >= 0 and < 1))
            yield return $"{nameof(ValidationFraction)} must be from 0 to below 1, not {ValidationFraction}.";
        if (!Enum.IsDefined(Arithmetic))
            yield return $"{nameof(Arithmetic)} is unknown: {Arithmetic}.";
        if (!Enum.IsDefined(Loss))
            yield return $"{nameof(Loss)} is unknown: {Loss}.";
        if (!Enum.IsDefined(Optimizer))
            yield return $"{nameof(Optimizer)} is unknown: {Optimizer}.";
        if (TrainedLayers is { } trained && !Enum.IsDefined(trained))
            yield return $"{nameof(TrainedLayers)} is unknown: {TrainedLayers}.";
    }

    private IEnumerable<FormattableString> FaultsOfControl()
    {
        if (ThreadCount < 1)
            yield return $"{nameof(ThreadCount)} must be at least 1, not {ThreadCount}.";
        if (EarlyStoppingPatience < 1)
            yield return $"{nameof(EarlyStoppingPatience)} must be at least 1, or null for none, not {EarlyStoppingPatience}.";
        if (ValidationSet is null && ValidationFraction == 0 && (EarlyStoppingPatience is not null || KeepBest == true))
        {
            string option = EarlyStoppingPatience is null ? nameof(KeepBest) : nameof(EarlyStoppingPatience);
            yield return $"{option} needs rows to validate on: set {nameof(ValidationFraction)} or {nameof(ValidationSet)}.";
        }

        if (TimeBudget <= TimeSpan.Zero)
            yield return $"{nameof(TimeBudget)} must be positive, or null for no limit, not {TimeBudget}.";
        if (CheckpointFolder is { } folder && (string.IsNullOrWhiteSpace(folder) || folder.Contains('\0', StringComparison.Ordinal)))
            yield return $"{nameof(CheckpointFolder)} is not a valid folder path; use null for no checkpoints.";
        if (!(AveragingDecay is >= 0 and < 1))
            yield return $"{nameof(AveragingDecay)} must be from 0 to below 1, not {AveragingDecay}.";
        if (InitialModel is not null && NetworkOptionsThatAreSet.ToList() is { Count: > 0 } set)
            yield return $"{nameof(InitialModel)} brings its own network; leave {string.Join(", ", set)} at the default.";
        if (Teacher is not null && Loss != GloroLossKind.AnnealedEmma)
            yield return $"{nameof(Teacher)} needs {nameof(Loss)} = {GloroLossKind.AnnealedEmma}, not {Loss}.";
        if (!(TeacherTemperature is >= 0.001 and <= 1000))
            yield return $"{nameof(TeacherTemperature)} must be from 0.001 to 1000, not {TeacherTemperature}.";
        if (TrainedLayers != GloroTrainedLayers.Last)
            yield break;
        if (InitialModel is null)
        {
            yield return $"{nameof(TrainedLayers)} {TrainedLayers} needs an {nameof(InitialModel)}, whose other layers stay as they are.";
        }

        if (Teacher is not null)
            yield return $"{nameof(TrainedLayers)} {TrainedLayers} goes without a {nameof(Teacher)}; leave one of them out.";
        if (ImageAugmentation is { MixupAlpha: > 0 })
        {
            yield return
                $"{nameof(TrainedLayers)} {TrainedLayers} reads images once and cannot mix them; leave MixupAlpha of the augmentation 0.";
        }
    }

    private IEnumerable<FormattableString> FaultsOfNumbers()
    {
        var counts = new[]
        {
            (nameof(Epochs), Epochs, 1), (nameof(BatchSize), BatchSize, 2), (nameof(PowerIterationSteps), (int?)PowerIterationSteps, 1),
        };
        foreach (var (name, value, least) in counts)
        {
            if (value < least)
                yield return $"{name} must be at least {least}, not {value}.";
        }

        var positive = new[]
        {
            (nameof(LearningRate), LearningRate ?? 1), (nameof(EpsilonFactor), EpsilonFactor),
            (nameof(ClosingEpsilonFactor), ClosingEpsilonFactor ?? 1), (nameof(MaximumGradientNorm), MaximumGradientNorm),
        };
        foreach (var (name, value) in positive)
        {
            if (!(value is > 0 and <= LargestNumber))
                yield return $"{name} must be a positive number of at most 1E+30, not {value}.";
        }

        foreach (var (name, value) in new[] { (nameof(TradesWeight), TradesWeight), (nameof(FixedMargin), FixedMargin) })
        {
            if (!(value is >= 0 and <= LargestNumber))
                yield return $"{name} must be a number from 0 to 1E+30, not {value}.";
        }

        var fractions = new[]
        {
            (nameof(WarmUpFraction), WarmUpFraction), (nameof(InitialEpsilonFactor), InitialEpsilonFactor ?? 1),
            (nameof(WeightDecay), WeightDecay), (nameof(TeacherWeight), TeacherWeight),
        };
        foreach (var (name, value) in fractions)
        {
            if (!(value is >= 0 and <= 1))
                yield return $"{name} must be from 0 to 1, not {value}.";
        }
    }
}
