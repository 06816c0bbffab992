namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Trains with some options and measures what came of it.</summary>
internal interface ISweptTrainer
{
    /// <returns>The figures, and the model if there is one.</returns>
    (TrialMeasures Measures, GloroTransformer? Model) Run(GloroTrainerOptions options, CancellationToken cancellationToken);
}
