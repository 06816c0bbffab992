using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Trains a model of last year's harvest further on a few grains of this year's, among them a new kind.",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    string folder = Path.GetFullPath(Path.Combine("artifacts", "finetune")), path = Path.Combine(folder, "last-year.zip");
    Directory.CreateDirectory(folder);
    var mlContext = new MLContext(seed: 1);
    IDataView lastYear = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 400 : 4000, seed: 1));
    IDataView thisYear = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 180 : 360, seed: 2, drift: 1, withBuckwheat: true));
    IDataView test = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 180 : 1800, seed: 3, drift: 1, withBuckwheat: true));

    // The scaling of columns belongs to the model: this year's grains go through last year's.
    var scaling = mlContext.Transforms.Concatenate("Features", Grain.Columns)
        .Append(mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)).Fit(lastYear);

    Show.Line("Last year: a new network");
    GloroTransformer old = Train(lastYear, new() { Depth = 2, Width = 64, Epochs = isShort ? 8 : 20, LearningRate = 5e-3 });
    mlContext.Model.Save(old, scaling.Transform(lastYear).Schema, path);

    Show.Line("This year: from the saved model, and for comparison a new network of the same size on the same few grains");
    ITransformer initial = mlContext.Model.Load(path, out _);
    int? epochs = isShort ? 6 : null; // null: the library chooses, as it does the learning rate
    GloroTransformer tuned = Train(thisYear, new() { InitialModel = initial, Epochs = epochs });
    GloroTransformer fresh = Train(thisYear, new() { Depth = 2, Width = 64, Epochs = epochs });

    Show.Line();
    Show.Table(["model", "kinds", "κ", "clean", "VRA"], [Row("last year's", old), Row("fine-tuned", tuned), Row("new", fresh)]);
    Show.Line($"The bound of each model is computed for its own weights. The model that was gone on from is {path}.");
    return Example.Succeeded;

    GloroTransformer Train(IDataView rows, GloroMulticlassClassificationOptions options)
    {
        var bar = LiveBar.Training();
        (options.Epsilon, options.BatchSize, options.Progress, options.CancellationToken) = (0.25f, 32, bar, stop);
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label").Append(mlContext.Gloro.MulticlassClassification(options));
        return bar.Run(() => pipeline.Fit(scaling.Transform(rows)).LastTransformer);
    }

    string[] Row(string name, GloroTransformer model)
    {
        IDataView keyed = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(test).Transform(test);
        GloroMetrics metrics = mlContext.Gloro.Evaluate(model.Transform(scaling.Transform(keyed)));
        string clean = $"{metrics.CleanAccuracy:P1}", verified = $"{metrics.VerifiedRobustAccuracy:P1}";
        return [name, $"{model.ClassNames.Count}", $"{model.LipschitzBound:F2}", clean, verified];
    }
});
