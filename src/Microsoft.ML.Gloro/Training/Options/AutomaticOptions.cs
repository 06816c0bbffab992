using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Chooses by the data what the user leaves open: the size of the network, the epochs, the batch size, the number of threads, and for a
/// training that starts from a model, its learning rate and first ε.
/// docs/performance.md has the measurements behind the numbers.
/// </summary>
/// <remarks>The choice depends on the data and the other options only, so it is the same on every machine.</remarks>
internal static class AutomaticOptions
{
    /// <summary>The epochs of a training whose rows are not known yet.</summary>
    public const int UsualEpochs = 30;

    /// <summary>The learning rate of new networks.</summary>
    public const double UsualRate = 2e-3;

    // Images: a small network learns more from few images, and small batches give it enough steps.
    private const int FewImages = 1000, SomeImages = 5000, VeryFewImages = 250;

    // Tables: about this many steps, but no fewer than the usual epochs nor more than pay.
    private const int Steps = 2500, MostEpochs = 100, SmallTable = 500, ManyClasses = 64;

    // Larger batches are faster on large tables, but lost eight points of VRA on one.
    private const int LeastBatch = 16, UsualBatch = 64;

    // A tenth of the usual rate goes on with what a model knows; new classes need more, but 0.001 was no better than 0.0005. The last layer
    // alone is a problem of another kind, and its epochs cost nothing. docs/experiments.md has the measurements ("Small data").
    private const double RateToGoOn = 2e-4, RateForNewClasses = 5e-4, RateOfLastLayer = 1e-2;
    private const double UsualFirstEpsilon = 0.1, FirstEpsilonToGoOn = 1;

    // The operations of a smaller network are too short to share: on a busy machine, where libtorch's threads spin for each other, two
    // threads take four to seven times as long as one.
    private const long WeightsForOneThread = 250_000;

    /// <summary>A copy of <paramref name="options"/> without open choices, for a training on <paramref name="rows"/> rows.</summary>
    /// <param name="options">The options.</param>
    /// <param name="rows">The number of rows to train on.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="hasNewClasses">Whether the initial model lacks one of the classes.</param>
    public static GloroTrainerOptions Choose(GloroTrainerOptions options, int rows, int classes, bool hasNewClasses = false)
    {
        var chosen = options.Copy();
        if (options.ChoosesNetwork && chosen is GloroImageClassificationOptions image)
            image.Size = SizeFor(rows);
        if (options.ChoosesNetwork && chosen is GloroMulticlassClassificationOptions vector)
            (vector.Depth, vector.Width) = rows < SmallTable && classes <= ManyClasses ? (2, 64) : (3, 128);
        bool goesOn = options.InitialModel is not null;
        chosen.TrainedLayers ??= goesOn && hasNewClasses && IsForLastLayer(options, rows)
            ? GloroTrainedLayers.Last
            : GloroTrainedLayers.All;
        bool last = chosen.TrainedLayers == GloroTrainedLayers.Last;
        chosen.BatchSize ??= BatchFor(rows, options.IsImage, goesOn);
        bool isImage = options.IsImage && !last; // the last layer sees features, as a table has them
        chosen.Epochs ??= isImage && goesOn ? EpochsToGoOn(rows) : EpochsFor(rows, chosen.BatchSize.Value, isImage);
        chosen.LearningRate ??= last ? RateOfLastLayer : !goesOn ? UsualRate : hasNewClasses ? RateForNewClasses : RateToGoOn;
        chosen.InitialEpsilonFactor ??= goesOn ? FirstEpsilonToGoOn : UsualFirstEpsilon;
        return chosen;
    }

    /// <summary>The names of what <see cref="Choose"/> chooses; empty if nothing is left open.</summary>
    public static string Describe(GloroTrainerOptions options) => string.Join(", ", new[]
    {
        options.ChoosesNetwork ? "network" : null,
        options.Epochs is null ? "epochs" : null,
        options.BatchSize is null ? "batch" : null,
        options.InitialModel is not null && options.TrainedLayers is null ? "trained layers" : null,
        options.InitialModel is not null && options.LearningRate is null ? "learning rate" : null,
        options.InitialModel is not null && options.InitialEpsilonFactor is null ? "first ε" : null,
    }.OfType<string>());

    /// <summary>The number of libtorch threads; null for one per core.</summary>
    /// <remarks>
    /// A LiResNet computes at 16 × 16 places or a few more, so its weights tell its work. Other networks for images may have few weights
    /// and much work.
    /// </remarks>
    /// <param name="options">The options, with what was chosen.</param>
    /// <param name="input">The shape of the input.</param>
    /// <param name="weights">The number of weights.</param>
    public static int? ThreadsFor(GloroTrainerOptions options, TensorShape input, long weights)
    {
        bool isMeasured = input.IsVector || options is GloroImageClassificationOptions { IsLiResNet: true, InitialModel: null };
        return options.ThreadCount ?? (isMeasured && weights <= WeightsForOneThread ? 1 : null);
    }

    private static GloroModelSize SizeFor(int rows) => rows switch
    {
        < FewImages => GloroModelSize.Tiny,
        < SomeImages => GloroModelSize.Small,
        _ => GloroModelSize.Medium,
    };

    private static int BatchFor(int rows, bool isImage, bool goesOn)
    {
        if (isImage)
            return rows < FewImages && !goesOn ? 16 : rows < SomeImages ? 32 : UsualBatch;

        // About a 32nd of the rows, to the nearest power of two.
        int batch = LeastBatch;
        while (batch < UsualBatch && batch * 45L < rows)
            batch *= 2;
        return batch;
    }

    private static int EpochsFor(int rows, int batch, bool isImage) => isImage
        ? rows < VeryFewImages ? 2 * UsualEpochs : UsualEpochs
        : (int)Math.Clamp((long)Steps * batch / Math.Max(1, rows), UsualEpochs, MostEpochs);

    // Measured on images only. Mixup mixes images anew in each step, and a teacher scores images, not features.
    private static bool IsForLastLayer(GloroTrainerOptions options, int rows) =>
        options.IsImage && rows < FewImages && options.ImageAugmentation.MixupAlpha == 0 && options.Teacher is null;

    private static int EpochsToGoOn(int rows) => rows < FewImages ? UsualEpochs : rows < SomeImages ? UsualEpochs / 2 : UsualEpochs / 5;
}
