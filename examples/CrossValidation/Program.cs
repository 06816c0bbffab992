using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Trains and measures on five splits of one table: how much do results vary between folds?",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    int folds = isShort ? 3 : 5;
    var mlContext = new MLContext(seed: 1);
    IDataView data = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 400 : 3000, seed: 1));

    // The whole pipeline is fitted on each split, so that no step before the trainer learns from the rows to measure on.
    var bar = LiveBar.Training();
    var pipeline = Grain.Prepare(mlContext).Append(mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions
    {
        Guarantee = RobustnessGuarantee.RelaxedTopK(2),
        Epsilon = 0.25f,
        Depth = 1,
        Width = 64,
        Epochs = isShort ? 5 : 15,
        BatchSize = 64,
        LearningRate = 5e-3,
        Progress = bar,
        CancellationToken = stop,
    }));
    IReadOnlyList<GloroCrossValidationResult> results = bar.Run(() => mlContext.Gloro.CrossValidate(data, pipeline, folds));

    Show.Line();
    Show.Table(["fold", "rows", "clean", "VRA", "local VRA", "mean set", "loosest"], results.Select(result => new[]
    {
        $"{result.Fold + 1}", $"{result.Metrics.RowCount}",
        $"{result.Metrics.CleanAccuracy:P1}", $"{result.Metrics.VerifiedRobustAccuracy:P1}",
        $"{result.Metrics.LocalVerifiedRobustAccuracy:P1}", $"{result.Metrics.MeanCertifiedSetSize:F2}",
        $"{result.Metrics.MeanLoosestSetSize:F2}",
    }));
    double[] vra = [.. results.Select(result => result.Metrics.VerifiedRobustAccuracy)];
    double mean = vra.Average(), deviation = Math.Sqrt(vra.Sum(x => (x - mean) * (x - mean)) / (vra.Length - 1));
    Show.Line($"VRA of {folds} folds: {mean:P1} ± {deviation:P1} (standard deviation between folds).");
    return Example.Succeeded;
});
