using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Warnings about options, data and the trained network: what is wrong, and one thing to do about it.</summary>
internal static class TrainingAdvice
{
    /// <summary>The ratio between standard deviations of features that is worth a warning.</summary>
    private const double ManyTimes = 100;

    private const double NearZero = 0.05;

    /// <summary>The loss still falls if the last quarter of the epochs lowers it by more than this fraction.</summary>
    private const double StillFalls = 0.1;

    /// <summary>With fewer epochs the course of the loss says nothing.</summary>
    private const int FewEpochs = 8;

    private const double LargeGap = 0.15, SmallGap = 0.05;

    /// <summary>Images from which the last layer alone is not worth the time that it saves.</summary>
    private const int ManyForOneLayer = 2000;

    /// <summary>Enough to bring the standard error of a VRA below 0.05.</summary>
    private const int EnoughToValidate = 100;

    /// <summary>About the options alone.</summary>
    public static IEnumerable<string> OfOptions(GloroTrainerOptions options)
    {
        if (options is { IsImage: true, Epsilon: > 1 })
        {
            yield return FormattableString.Invariant(
                $"ε is {options.Epsilon}, and pixels are scaled to [0, 1]. ") +
                FormattableString.Invariant($"If ε was meant in steps of 255, set Epsilon to {options.Epsilon}f / 255.");
        }
    }

    /// <summary>About the rows, before training.</summary>
    /// <param name="options">The options, with the values that were chosen by data.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="tolerances">How far each feature can be off; null for L2 distances.</param>
    public static IEnumerable<string> OfRows(GloroTrainerOptions options, TrainingRows rows, IReadOnlyList<float>? tolerances = null)
    {
        if (rows.Validation is { Count: > 0 and < EnoughToValidate } validation)
            yield return FewToValidate(options, rows.Train.Count + validation.Count, validation.Count);
        if (options is { IsImage: true, InitialModel: not null, LearningRate: >= AutomaticOptions.UsualRate }
            && options.TrainedLayers != GloroTrainedLayers.Last)
        {
            yield return FormattableString.Invariant($"{nameof(options.LearningRate)} {options.LearningRate} is for new networks. ") +
                $"It overwrites what the {nameof(options.InitialModel)} has learned. Leave {nameof(options.LearningRate)} null.";
        }

        if (options is { IsImage: true, TrainedLayers: GloroTrainedLayers.Last } && rows.Train.Count >= ManyForOneLayer)
        {
            yield return FormattableString.Invariant($"Only the last layer is trained, on {rows.Train.Count} images. So many usually ") +
                $"certify more with all layers: set {nameof(options.TrainedLayers)} to {GloroTrainedLayers.All}, or train a new network.";
        }

        if (!options.IsImage && tolerances is null && Scales(rows.Train, options.FeatureColumnName) is { } scales)
            yield return scales;
        if (options.Guarantee.Kind == GuaranteeKind.Local && options.Epsilon > 0
            && ClassDistance.Typical(rows.Train, tolerances) is { } distance && 2 * options.Epsilon >= distance)
        {
            yield return FormattableString.Invariant($"ε {options.Epsilon:G4} is large for this data. ") +
                Closeness(options, distance, tolerances) +
                " Rows of two classes can both be certified only if they are more than 2ε apart.";
        }
    }

    /// <summary>About the trained network.</summary>
    /// <param name="options">The options, with the values that were chosen by data.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="epochs">The epochs of this training.</param>
    /// <param name="trained">The figures on rows that it was trained on.</param>
    /// <param name="validated">The figures on validation rows, or <see cref="ValidationFigures.None"/>.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="tolerances">How far each feature can be off; null for L2 distances.</param>
    public static IEnumerable<string> OfResult(
        GloroTrainerOptions options,
        TrainingRows rows,
        IReadOnlyList<GloroTrainingProgress> epochs,
        ValidationFigures trained,
        ValidationFigures validated,
        int classes,
        IReadOnlyList<float>? tolerances = null)
    {
        bool isValidated = !double.IsNaN(validated.VerifiedRobustAccuracy);
        var measured = isValidated ? validated : trained;
        double gap = isValidated ? trained.VerifiedRobustAccuracy - validated.VerifiedRobustAccuracy : 0;
        if (measured.VerifiedRobustAccuracy < NearZero && options.Epsilon > 0)
        {
            yield return FormattableString.Invariant(
                $"VRA is only {measured.VerifiedRobustAccuracy:F3}: ε {options.Epsilon:G4} may be too large for this data. ") +
                (ClassDistance.Typical(rows.Train, tolerances) is { } distance
                    ? Closeness(options, distance, tolerances)
                    : "Try a smaller Epsilon.");
            yield break;
        }

        if (options.Guarantee.Kind != GuaranteeKind.Local && measured.MeanSetSize > classes / 2.0)
        {
            string smaller = options.Guarantee.Kind == GuaranteeKind.RelaxedTopK ? "a smaller K" : "smaller affinity sets";
            yield return FormattableString.Invariant(
                $"Certified sets hold {measured.MeanSetSize:F2} of {classes} classes on average and so say little. Train with {smaller}.");
        }

        // Three standard errors, so that few validation rows do not look like overfitting.
        if (isValidated && gap > Math.Max(LargeGap, 1.5 / Math.Sqrt(rows.Validation!.Count)))
        {
            yield return FormattableString.Invariant(
                $"Overfitting: VRA is {trained.VerifiedRobustAccuracy:F3} on training rows and {validated.VerifiedRobustAccuracy:F3} on ") +
                $"validation rows. Add training rows, or choose a smaller {Smaller(options)}.";
        }

        if (gap < SmallGap && FallOf(epochs) is { } fall)
        {
            yield return FormattableString.Invariant(
                $"Training ended far from convergence: in the last quarter of the epochs the loss fell from {fall.From:F3} to ") +
                FormattableString.Invariant($"{fall.To:F3}. Try Epochs = {2 * epochs[^1].Epochs}.");
        }
    }

    private static string FewToValidate(GloroTrainerOptions options, int all, int validation)
    {
        double share = (double)EnoughToValidate / all;
        string remedy = options.ValidationSet is not null ? "Give a larger ValidationSet."
            : share <= 0.3 ? FormattableString.Invariant($"Set ValidationFraction to {share:F2}.")
            : "For a figure to rely on use mlContext.Gloro.CrossValidate, which tests on all rows.";
        return FormattableString.Invariant(
            $"Only {validation} rows to validate on, so a VRA is uncertain by about ±{1 / Math.Sqrt(validation):F2}. {remedy}");
    }

    private static string Closeness(
        GloroTrainerOptions options, double distance, IReadOnlyList<float>? tolerances) => FormattableString.Invariant(
        $"Half of the rows have a row of another class within distance {distance:G3}{(tolerances is null ? "" : ", in tolerances")}. ") +
        FormattableString.Invariant($"Try Epsilon = {Math.Min(options.Epsilon / 4, distance / 8):G2}.");

    private static string Smaller(GloroTrainerOptions options) => options switch
    {
        GloroImageClassificationOptions { Layers: null, Architecture: GloroArchitecture.LiResNet } =>
            nameof(GloroImageClassificationOptions.Size),
        GloroMulticlassClassificationOptions { Layers: null } => nameof(GloroMulticlassClassificationOptions.Width),
        _ => "network",
    };

    // Over a quarter of the epochs. ε stays the same there, unless ClosingEpsilonFactor lowers it and so the loss.
    private static (double From, double To)? FallOf(IReadOnlyList<GloroTrainingProgress> epochs)
    {
        if (epochs.Count < FewEpochs || epochs[^1].Epoch < epochs[^1].Epochs)
            return null;
        double from = epochs[^(1 + (epochs.Count / 4))].Loss, to = epochs[^1].Loss;
        return to < from * (1 - StillFalls) ? (from, to) : null;
    }

    private static string? Scales(TrainingSet rows, string column)
    {
        int size = rows.Shape.Size;
        double[] squares = new double[size];
        bool[] isFlag = [.. Enumerable.Repeat(true, size)];
        float[] means = rows.ChannelMeans(), row = new float[size];
        for (int i = 0; i < rows.Count; i++)
        {
            rows.Read(i, row);
            for (int j = 0; j < size; j++)
            {
                double difference = row[j] - (double)means[j];
                squares[j] += difference * difference;
                isFlag[j] &= row[j] is 0 or 1;
            }
        }

        // Constants have no scale. Flags, as of one-hot encoding, keep theirs: a rare one is not small.
        int[] scaled = [.. Enumerable.Range(0, size).Where(j => squares[j] > 0 && !isFlag[j])];
        if (scaled.Length == 0)
            return null;
        int least = scaled.MinBy(j => squares[j]), most = scaled.MaxBy(j => squares[j]);
        double Deviation(int j) => Math.Sqrt(squares[j] / rows.Count);
        return Deviation(most) < ManyTimes * Deviation(least) ? null : FormattableString.Invariant(
            $"Feature {most} has a standard deviation of {Deviation(most):G3}, feature {least} one of {Deviation(least):G3}, and ε ") +
            $"is the same length in both. Put mlContext.Transforms.NormalizeMeanVariance(\"{column}\", fixZero: false) before the trainer.";
    }
}
