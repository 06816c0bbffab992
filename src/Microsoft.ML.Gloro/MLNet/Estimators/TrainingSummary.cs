using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The training in a line, for the log and the model's provenance.</summary>
internal static class TrainingSummary
{
    /// <summary>Everything worth knowing of a training.</summary>
    /// <param name="context">The training, with the options that were chosen by data.</param>
    /// <param name="given">The options as the user gave them.</param>
    /// <param name="initial">The model that it started from; null for none.</param>
    /// <param name="teacher">The model that it learned from; null for none.</param>
    public static string Of(TrainingContext context, GloroTrainerOptions given, GloroModel? initial, GloroModel? teacher)
    {
        var options = context.Options;
        string more = (options.WeightDecay > 0 ? FormattableString.Invariant($", weight decay {options.WeightDecay}") : "")
            + (options.AveragingDecay > 0 ? FormattableString.Invariant($", averaging decay {options.AveragingDecay}") : "")
            + (teacher is null ? "" : FormattableString.Invariant($", teacher {Weights(teacher)} with weight {options.TeacherWeight}")
                + FormattableString.Invariant($" at temperature {options.TeacherTemperature}"))
            + (options.ExampleWeightColumnName is null ? "" : ", weighted rows")
            + (options.TimeBudget is { } budget ? FormattableString.Invariant($", at most {budget:c}") : "")
            + (options.EarlyStoppingPatience is { } patience ? FormattableString.Invariant($", patience {patience}") : "");
        string open = AutomaticOptions.Describe(given) is { Length: > 0 } names ? $" (chosen by data: {names})" : "";
        return FormattableString.Invariant(
            $"{Architecture(options, initial)}, {options.Loss}, {options.Epochs} epochs, batch {options.BatchSize}, ") +
            FormattableString.Invariant($"learning rate {options.LearningRate}{more}, seed {context.Seed}{open}");
    }

    /// <summary>What <see cref="AutomaticOptions"/> may choose.</summary>
    public static string Size(GloroTrainerOptions options, GloroModel? initial) => FormattableString.Invariant(
        $"{Architecture(options, initial)}, {options.Epochs} epochs, batch {options.BatchSize}") +
        (initial is null ? "" : FormattableString.Invariant(
            $", learning rate {options.LearningRate}, ε from {options.InitialEpsilonFactor} times ε"));

    private static string Architecture(GloroTrainerOptions options, GloroModel? initial) => initial is null
        ? NetworkFactory.Describe(options)
        : (options.TrainedLayers == GloroTrainedLayers.Last ? "last layer " : "") +
            $"fine-tuned from weights {Weights(initial)}";

    private static string Weights(GloroModel model) => $"{model.Bound.WeightHash[..16]}…";
}
