// A model of last year's harvest goes on learning from a few grains of this year's, which another machine measured and which hold a kind that it has never seen.
//   dotnet run -c Release --project examples/FineTune [-- --short]
using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

bool isShort = args.Contains("--short");
string folder = Path.GetFullPath(Path.Combine("artifacts", "finetune")), path = Path.Combine(folder, "last-year.zip");
Directory.CreateDirectory(folder);
var mlContext = new MLContext(seed: 1);
IDataView lastYear = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 400 : 4000, seed: 1));
IDataView thisYear = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 180 : 360, seed: 2, drift: 1, withBuckwheat: true));
IDataView test = mlContext.Data.LoadFromEnumerable(Grain.Harvest(isShort ? 180 : 1800, seed: 3, drift: 1, withBuckwheat: true));

// The scaling of columns belongs to the model: this year's grains go through last year's.
var scaling = mlContext.Transforms.Concatenate("Features", Grain.Columns).Append(mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)).Fit(lastYear);

Show.Line("Last year: a new network");
GloroTransformer old = Train(lastYear, new() { Depth = 2, Width = 64, Epochs = isShort ? 8 : 20, LearningRate = 5e-3 });
mlContext.Model.Save(old, scaling.Transform(lastYear).Schema, path);

Show.Line("This year: from the saved model, and for comparison a new network of the same size on the same few grains");
int epochs = isShort ? 6 : 12;
GloroTransformer tuned = Train(thisYear, new() { InitialModel = mlContext.Model.Load(path, out _), Epochs = epochs, LearningRate = 2e-3, InitialEpsilonFactor = 1 });
GloroTransformer fresh = Train(thisYear, new() { Depth = 2, Width = 64, Epochs = epochs, LearningRate = 5e-3 });

Show.Line();
Show.Table(["model", "kinds", "κ", "clean", "VRA"], [Row("last year's", old), Row("fine-tuned", tuned), Row("new", fresh)]);
Show.Line($"All three are proved by the same bound, computed anew for the weights as they are now. The model that was gone on from is {path}.");

GloroTransformer Train(IDataView rows, GloroMulticlassClassificationOptions options)
{
    var display = new TrainingDisplay();
    (options.Epsilon, options.BatchSize, options.Progress) = (0.25f, 32, display);
    return display.Run(() => mlContext.Transforms.Conversion.MapValueToKey("Label").Append(mlContext.Gloro.MulticlassClassification(options)).Fit(scaling.Transform(rows)).LastTransformer);
}

string[] Row(string name, GloroTransformer model)
{
    IDataView scored = model.Transform(scaling.Transform(mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(test).Transform(test)));
    GloroMetrics metrics = mlContext.Gloro.Evaluate(scored);
    return [name, $"{model.ClassNames.Count}", $"{model.LipschitzBound:F2}", $"{metrics.CleanAccuracy:P1}", $"{metrics.VerifiedRobustAccuracy:P1}"];
}
