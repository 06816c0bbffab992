using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Chooses by the data what the user leaves open: the size of the network, the epochs, the batch size and the number of threads.
/// docs/performance.md has the measurements behind the numbers.
/// </summary>
/// <remarks>The choice depends on the data and the other options only, so it is the same on every machine.</remarks>
internal static class AutomaticOptions
{
    /// <summary>The epochs of a training whose rows are not known yet.</summary>
    public const int UsualEpochs = 30;

    // Images: a small network learns more from few images, and small batches give it enough steps.
    private const int FewImages = 1000, SomeImages = 5000, VeryFewImages = 250;

    // Tables: about this many steps, but no fewer than the usual epochs nor more than pay.
    private const int Steps = 2500, MostEpochs = 100, SmallTable = 500, ManyClasses = 64;

    // Larger batches are faster on large tables, but lost eight points of VRA on one.
    private const int LeastBatch = 16, UsualBatch = 64;

    // The operations of a smaller network are too short to share: on a busy machine, where libtorch's threads spin for each other, two
    // threads take four to seven times as long as one.
    private const long WeightsForOneThread = 250_000;

    /// <summary>A copy of <paramref name="options"/> without open choices, for a training on <paramref name="rows"/> rows.</summary>
    public static GloroTrainerOptions Choose(GloroTrainerOptions options, int rows, int classes, bool hasNewClasses = false)
    {
        var chosen = options.Copy();
        if (options.ChoosesNetwork && chosen is GloroImageClassificationOptions image)
            image.Size = SizeFor(rows);
        if (options.ChoosesNetwork && chosen is GloroMulticlassClassificationOptions vector)
            (vector.Depth, vector.Width) = rows < SmallTable && classes <= ManyClasses ? (2, 64) : (3, 128);
        chosen.BatchSize ??= BatchFor(rows, options.IsImage);
        chosen.Epochs ??= EpochsFor(rows, chosen.BatchSize.Value, options.IsImage);
        chosen.LearningRate ??= options.InitialModel is null ? 2e-3 : options.TrainedLayers == GloroTrainedLayers.Last ? 1e-2 : hasNewClasses ? 5e-4 : 2e-4;
        chosen.InitialEpsilonFactor ??= options.InitialModel is null ? 0.1 : 1;
        return chosen;
    }

    /// <summary>The names of what <see cref="Choose"/> chooses; empty if nothing is left open.</summary>
    public static string Describe(GloroTrainerOptions options) => string.Join(", ", new[]
    {
        options.ChoosesNetwork ? "network" : null,
        options.Epochs is null ? "epochs" : null,
        options.BatchSize is null ? "batch" : null,
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

    private static int BatchFor(int rows, bool isImage)
    {
        if (isImage)
            return rows < FewImages ? 16 : rows < SomeImages ? 32 : UsualBatch;

        // About a 32nd of the rows, to the nearest power of two.
        int batch = LeastBatch;
        while (batch < UsualBatch && batch * 45L < rows)
            batch *= 2;
        return batch;
    }

    private static int EpochsFor(int rows, int batch, bool isImage) => isImage
        ? rows < VeryFewImages ? 2 * UsualEpochs : UsualEpochs
        : (int)Math.Clamp((long)Steps * batch / Math.Max(1, rows), UsualEpochs, MostEpochs);
}
