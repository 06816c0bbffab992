namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Trains on one view and measures on another.</summary>
internal sealed class SweptTrainer(MLContext mlContext, IDataView train, IDataView validation, Func<GloroMetrics, double> metric)
    : ISweptTrainer
{
    public (TrialMeasures Measures, GloroTransformer? Model) Run(GloroTrainerOptions options, CancellationToken cancellationToken)
    {
        options.CancellationToken = cancellationToken;
        var model = new GloroEstimator(mlContext, options).FitUntil(train, cancellationToken);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var metrics = GloroEvaluator.Evaluate(
                mlContext, model.Transform(validation), options.LabelColumnName, null, null, options.OutputColumnPrefix);
            return (new TrialMeasures
            {
                Metric = metric(metrics),
                VerifiedRobustAccuracy = metrics.VerifiedRobustAccuracy,
                CleanAccuracy = metrics.CleanAccuracy,
                Top1VerifiedRobustAccuracy = metrics.Top1VerifiedRobustAccuracy,
                LocalVerifiedRobustAccuracy = metrics.LocalVerifiedRobustAccuracy,
                MeanCertifiedSetSize = metrics.MeanCertifiedSetSize,
            }, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

/// <summary>Trains with given options and evaluates the model.</summary>
internal interface ISweptTrainer
{
    /// <returns>The metrics, and the model if there is one.</returns>
    (TrialMeasures Measures, GloroTransformer? Model) Run(GloroTrainerOptions options, CancellationToken cancellationToken);
}

/// <summary>The metrics of a trial, as kept in the journal.</summary>
internal sealed record TrialMeasures
{
    public required double Metric { get; init; }

    public required double VerifiedRobustAccuracy { get; init; }

    public required double CleanAccuracy { get; init; }

    public required double Top1VerifiedRobustAccuracy { get; init; }

    public required double LocalVerifiedRobustAccuracy { get; init; }

    public required double MeanCertifiedSetSize { get; init; }
}
