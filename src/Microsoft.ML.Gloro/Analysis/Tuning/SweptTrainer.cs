
namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Trains on one view and measures on another.</summary>
internal sealed class SweptTrainer(MLContext mlContext, IDataView train, IDataView validation, Func<GloroMetrics, double> metric) : ISweptTrainer
{
    public (TrialMeasures Measures, GloroTransformer? Model) Run(GloroTrainerOptions options, CancellationToken cancellationToken)
    {
        options.CancellationToken = cancellationToken;
        var model = new GloroEstimator(mlContext, options).Fit(train);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var metrics = GloroEvaluator.Evaluate(mlContext, model.Transform(validation), options.LabelColumnName, null, null, options.OutputColumnPrefix);
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
