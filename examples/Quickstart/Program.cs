// Draws tiles of land use seen from above, trains a classifier that can prove its answers, and shows what it proves.
// Everything it makes goes to artifacts/quickstart under the current folder.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Quickstart;
using Quickstart.Drawing;

const int TrainingTiles = 4000, TestTiles = 1000;
const float Epsilon = 36f / 255f;

string folder = Path.GetFullPath(Path.Combine("artifacts", "quickstart"));
var clock = Stopwatch.StartNew();
Console.WriteLine($"Drawing {TrainingTiles} tiles to learn from and {TestTiles} to test on in {folder}");
IReadOnlyList<ImageRow> trainRows = Draw("train", TrainingTiles, seed: 1), testRows = Draw("test", TestTiles, seed: 2);

var mlContext = new MLContext(seed: 1);
IDataView train = mlContext.Data.LoadFromEnumerable(trainRows), test = mlContext.Data.LoadFromEnumerable(testRows);

var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Transforms.LoadImages("Image", imageFolder: folder, "ImagePath"))
    .Append(mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions
    {
        Guarantee = RobustnessGuarantee.RelaxedTopK(3),
        Epsilon = Epsilon,
        Depth = 3,
        Width = 32,
        TailWidth = 128,
        Epochs = 10,
        LearningRate = 4e-3,
        Augmentation = GloroAugmentationOptions.Aerial,
        Progress = new LineProgress(),
    }))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedClasses", "CertifiedLabels"))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"));

Console.WriteLine($"Training a network of which every layer's Lipschitz constant is known");
var model = pipeline.Fit(train);
string modelPath = Path.Combine(folder, "model.zip");
mlContext.Model.Save(model, train.Schema, modelPath);

// One pass of scoring answers every guarantee.
IDataView scored = mlContext.Data.Cache(model.Transform(test), "Label", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "CertifiedK", "CertifiedClasses", "ImagePath", "Description");
var affinity = RobustnessGuarantee.Affinity(AffinitySets.Parse("Highway+River,Field+Meadow+Pasture,Industrial+Residential"));
Console.WriteLine();
Console.WriteLine($"{TestTiles} test tiles, clean accuracy {mlContext.Gloro.Evaluate(scored).CleanAccuracy:P1}. Proved against every change of at most ε = 36/255 (L2, pixels in [0, 1]):");
Console.WriteLine();
Console.WriteLine($"  {"guarantee",-12} {"VRA",7} {"top-1 VRA",10} {"mean set",9}   what it promises for a certified tile");
Show("local", RobustnessGuarantee.Local, "the predicted class cannot change");
Show("RT3", RobustnessGuarantee.RelaxedTopK(3), "a set of at most 3 classes cannot change");
Show("affinity", affinity, "a set of classes that may be confused cannot change");
Console.WriteLine("    (the sets: Highway+River, Field+Meadow+Pasture, Industrial+Residential)");

Console.WriteLine();
Console.WriteLine("Tiles of which RT3 proves a set, where no single class can be proved:");
foreach (var row in mlContext.Data.CreateEnumerable<ScoredRow>(scored, reuseRowObject: false).Where(r => r.CertifiedK > 1 && r.TopKRadii[0] <= Epsilon).Take(5))
    Console.WriteLine($"  {row.Description,-44} {{{string.Join(", ", row.CertifiedClasses)}}} up to {row.TopKRadii[row.CertifiedK - 1]:F3}   {row.ImagePath}");

Console.WriteLine();
Console.WriteLine($"The model is {modelPath} ({new FileInfo(modelPath).Length / 1024} KB); examples/ScoreOnly loads it without libtorch.");
Console.WriteLine($"A picture of the tiles is {Path.Combine(folder, "tiles.png")}. All in {clock.Elapsed:m\\:ss} minutes.");

IReadOnlyList<ImageRow> Draw(string part, int count, int seed)
{
    var tiles = TileSet.Draw(count, seed);
    var paths = TileFiles.Save(tiles, Path.Combine(folder, part));
    if (part == "train")
        ContactSheet.Save(tiles, Path.Combine(folder, "tiles.png"));
    return [.. tiles.Zip(paths, (tile, path) => new ImageRow { Label = tile.Label, Description = tile.Description, ImagePath = Path.Combine(part, path) })];
}

void Show(string name, RobustnessGuarantee guarantee, string promise)
{
    GloroMetrics metrics = mlContext.Gloro.Evaluate(scored, guarantee: guarantee);
    Console.WriteLine($"  {name,-12} {metrics.VerifiedRobustAccuracy,7:P1} {metrics.Top1VerifiedRobustAccuracy,10:P1} {metrics.MeanCertifiedSetSize,9:F2}   {promise}");
}
