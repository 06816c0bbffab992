using System.Diagnostics;
using static Microsoft.ML.Gloro.Tests.Analysis.AutoMlStandIns;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>The trial runner of docs/automl.md, letter by letter.</summary>
internal sealed class GloroTrialRunner(MLContext mlContext, IDataView train, IDataView validation) : ITrialRunner
{
    public Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var options = settings.Parameter["gloro"].AsType<GloroMulticlassClassificationOptions>();   // defaults where nothing is searched
        (options.Guarantee, options.Epsilon, options.Epochs, options.Seed) = (RobustnessGuarantee.RelaxedTopK(2), 0.5f, 30, 1);
        (options.ValidationSet, options.CancellationToken) = (validation, ct);
        var model = mlContext.Gloro.MulticlassClassification(options).Fit(train);
        double vra = mlContext.Gloro.Evaluate(model.Transform(validation)).VerifiedRobustAccuracy;
        return Task.FromResult(new TrialResult
        {
            TrialSettings = settings,
            Model = model,
            Metric = vra,
            Loss = 1 - vra,
            DurationInMilliseconds = clock.ElapsedMilliseconds,
        });
    }

    public void Dispose()
    {
    }
}
