using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The rows of a training as its last layer sees them, if only that is trained.</summary>
internal static class LastLayerFeatures
{
    /// <summary>Computes them, with augmented copies of the training rows if images are augmented.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="network">The whole network.</param>
    /// <param name="context">The training.</param>
    /// <param name="voice">Says what takes time.</param>
    /// <param name="stop">Stops the computation.</param>
    public static TrainingRows Of(
        TrainingRows rows, LipschitzNetwork network, TrainingContext context, TrainingVoice voice, CancellationToken stop)
    {
        int copies = context.Options.ImageAugmentation.ChangesImages ? FeatureSet.CopiesFor(rows.Train.Count) : 0;
        int all = (rows.Train.Count * (1 + copies)) + (rows.Validation?.Count ?? 0), done = 0;
        var progress = new SlowProgress(voice.Info);
        progress.Begin($"Only the last layer is trained. Computing what the others make of {rows.Train.Count} rows and {copies} " +
            "augmented copies of each.");
        var train = Compute(rows.Train, copies);
        return rows with { Train = train, Validation = rows.Validation is { } validation ? Compute(validation, 0) : null };

        FeatureSet Compute(TrainingSet set, int augmented)
        {
            int before = done;
            return FeatureSet.Compute(set, network, augmented, context, computed =>
            {
                done = before + computed;
                progress.Step($"{done} of {all} rows are computed.");
            }, stop);
        }
    }
}
