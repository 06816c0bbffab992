using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Classifies kinds of grain from a table of measurements, shows what is proved for new grains, and which measurements matter.",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    var mlContext = new MLContext(seed: 1);
    IDataView train = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 400 : 4000, seed: 1));
    IDataView test = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 200 : 1000, seed: 2));

    // Certificates are of what the trainer gets: here ε is a quarter of a standard deviation, whichever columns it is spread over.
    ITransformer prepare = Grain.Prepare(mlContext).Fit(train);
    var bar = LiveBar.Training();
    var trainer = mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions
    {
        Guarantee = RobustnessGuarantee.RelaxedTopK(2),
        Epsilon = 0.25f,
        Depth = 1,
        Width = 64,
        Epochs = isShort ? 8 : 20,
        BatchSize = 64,
        LearningRate = 5e-3,
        Progress = bar,
        CancellationToken = stop,
    });
    GloroTransformer model = bar.Run(() => trainer.Fit(prepare.Transform(train)));

    IDataView prepared = prepare.Transform(test);
    IDataView scored = model.Transform(prepared);
    GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
    Show.Line();
    Show.Line($"Of {metrics.RowCount} grains {metrics.CleanAccuracy:P1} are classified correctly. "
        + $"Proved against every change of {metrics.Epsilon} standard deviations:");
    Show.Line($"  one kind of grain, the right one: {metrics.LocalVerifiedRobustAccuracy:P1}");
    Show.Line($"  at most two, the right one among them: {metrics.VerifiedRobustAccuracy:P1}");

    Show.Line();
    Show.Line("What accuracy loses if a column is shuffled (ML.NET's permutation feature importance):");
    var importance = mlContext.MulticlassClassification.PermutationFeatureImportance(model, prepared, permutationCount: isShort ? 1 : 5);
    Show.Table(["column", "accuracy lost"], Grain.Columns
        .Zip(importance, (column, lost) => (Column: column, Lost: -lost.MicroAccuracy.Mean)).OrderByDescending(pair => pair.Lost)
        .Select(pair => new[] { pair.Column, $"{pair.Lost:P1}" }));
    return Example.Succeeded;
});
