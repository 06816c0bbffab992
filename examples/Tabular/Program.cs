using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Classifies kinds of grain from a table of measurements in their own units, and proves predictions against errors of measurement: "
    + "each column has a tolerance. Also shows which measurements matter.",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    var mlContext = new MLContext(seed: 1);
    IDataView train = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 400 : 4000, seed: 1));
    IDataView test = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 200 : 1000, seed: 2));

    // How far the sorting machine can be off. Nobody mistakes the tray, so it cannot change.
    (string Column, float Tolerance, string Unit)[] machine =
    [
        (nameof(Grain.Length), 0.05f, "mm"), (nameof(Grain.Width), 0.03f, "mm"), (nameof(Grain.Thickness), 0.03f, "mm"),
        (nameof(Grain.Weight), 0.5f, "mg"), (nameof(Grain.Hue), 0.5f, "°"), (nameof(Grain.Gloss), 0.01f, ""), (nameof(Grain.Tray), 0, ""),
    ];
    var tolerances = GloroTolerances.ByName(machine.ToDictionary(column => column.Column, column => column.Tolerance));

    // Features stay in their units. ε counts tolerances, and AllAtOnce lets every measurement be off by its own at the same time.
    ITransformer prepare = Grain.Gather(mlContext).Fit(train);
    var bar = LiveBar.Training();
    var trainer = mlContext.Gloro.MulticlassClassification(new GloroMulticlassClassificationOptions
    {
        Guarantee = RobustnessGuarantee.RelaxedTopK(2),
        Tolerances = tolerances,
        Epsilon = tolerances.AllAtOnce,
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
        + "Proved if every measurement is off at once,");
    Show.Line($"by {string.Join(", ", machine.Select(column => $"{column.Column} {column.Tolerance} {column.Unit}".TrimEnd()))}:");
    Show.Line($"  one kind of grain, the right one: {metrics.LocalVerifiedRobustAccuracy:P1}");
    Show.Line($"  at most two, the right one among them: {metrics.VerifiedRobustAccuracy:P1}");
    Show.Line($"If only one measurement may be off (ε = 1): {mlContext.Gloro.Evaluate(scored, epsilon: 1).VerifiedRobustAccuracy:P1}");

    Show.Line();
    Show.Line("What accuracy loses if a column is shuffled (ML.NET's permutation feature importance):");
    var importance = mlContext.MulticlassClassification.PermutationFeatureImportance(model, prepared, permutationCount: isShort ? 1 : 5);
    Show.Table(["column", "accuracy lost"], Grain.Columns
        .Zip(importance, (column, lost) => (Column: column, Lost: -lost.MicroAccuracy.Mean)).OrderByDescending(pair => pair.Lost)
        .Select(pair => new[] { pair.Column, $"{pair.Lost:P1}" }));
    return Example.Succeeded;
});
