using System.Diagnostics;
using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Quickstart;
using Quickstart.Drawing;

var example = new Example(
    "Draws tiles of land use seen from above, trains a classifier that can prove its answers, and shows what it proves.",
    "--short") { Example.Short };
return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    const float Epsilon = 36f / 255f;
    int trainingTiles = isShort ? 200 : 4000, testTiles = isShort ? 60 : 1000;

    // All files go here, under the current folder.
    string folder = Path.GetFullPath(Path.Combine("artifacts", "quickstart"));
    var clock = Stopwatch.StartNew();
    Show.Line($"Drawing {trainingTiles} tiles to learn from and {testTiles} to test on in {folder}");
    IReadOnlyList<ImageRow> trainRows = Draw("train", trainingTiles, seed: 1), testRows = Draw("test", testTiles, seed: 2);

    var mlContext = new MLContext(seed: 1);
    IDataView train = mlContext.Data.LoadFromEnumerable(trainRows), test = mlContext.Data.LoadFromEnumerable(testRows);

    var bar = LiveBar.Training();
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.LoadImages("Image", imageFolder: folder, "ImagePath"))
        .Append(mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions
        {
            Guarantee = RobustnessGuarantee.RelaxedTopK(3),
            Epsilon = Epsilon,
            Depth = isShort ? 1 : 3,
            Width = isShort ? 16 : 32,
            TailWidth = isShort ? 64 : 128,
            Epochs = isShort ? 2 : 10,
            BatchSize = isShort ? 32 : 64,
            LearningRate = 4e-3,
            Augmentation = GloroAugmentationOptions.Aerial,
            Progress = bar,
            CancellationToken = stop,
        }))
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedClasses", "CertifiedLabels"))
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"));

    Show.Line($"Training a network of which every layer's Lipschitz constant is known");
    var model = bar.Run(() => pipeline.Fit(train));
    string modelPath = Path.Combine(folder, "model.zip");
    mlContext.Model.Save(model, train.Schema, modelPath);

    // One pass of scoring answers every guarantee.
    IDataView scored = mlContext.Data.Cache(model.Transform(test), "Label", "PredictedLabel", "Score", "Logits", "TopKRadii",
        "CertifiedRadius", "CertifiedK", "CertifiedClasses", "ImagePath", "Description");
    var affinity = RobustnessGuarantee.Affinity(AffinitySets.Parse("Highway+River,Field+Meadow+Pasture,Industrial+Residential"));
    Show.Line();
    Show.Line($"{testTiles} test tiles, clean accuracy {mlContext.Gloro.Evaluate(scored).CleanAccuracy:P1}. "
        + "Proved against every change of at most ε = 36/255 (L2, pixels in [0, 1]):");
    Show.Line();
    Show.Table(["guarantee", "VRA", "top-1 VRA", "mean set", "loosest", "what it promises for a certified tile"],
    [
        Row("local", RobustnessGuarantee.Local, "the predicted class cannot change"),
        Row("RT3", RobustnessGuarantee.RelaxedTopK(3), "a set of at most 3 classes cannot change"),
        Row("affinity", affinity, "a set of classes that may be confused cannot change"),
    ]);
    Show.Line("    (the sets: Highway+River, Field+Meadow+Pasture, Industrial+Residential)");
    Show.Line("    VRA counts a tile if its label is in the loosest set that holds. So under RT3 and affinity it can exceed clean");
    Show.Line("    accuracy: a set may hold the label where the predicted class is wrong. The mean set is of the tightest that holds, as");
    Show.Line("    in the column CertifiedLabels.");

    Show.Line();
    Show.Line("Tiles of which RT3 proves a set, where no single class can be proved:");
    foreach (var row in mlContext.Data.CreateEnumerable<ScoredRow>(scored, reuseRowObject: false)
        .Where(r => r.CertifiedK > 1).Take(5))
    {
        string radius = Show.Radius(row.CertifiedRadius);
        Show.Line($"  {row.Description,-44} {{{string.Join(", ", row.CertifiedClasses)}}} up to {radius}   {row.ImagePath}");
    }

    Show.Line();
    Show.Line($"The model is {modelPath} ({new FileInfo(modelPath).Length / 1024} KB); examples/ScoreOnly loads it without libtorch.");
    Show.Line($"A picture of the tiles is {Path.Combine(folder, "tiles.png")}. All in {clock.Elapsed:m\\:ss} minutes.");
    return Example.Succeeded;

    IReadOnlyList<ImageRow> Draw(string part, int count, int seed)
    {
        var tiles = TileSet.Draw(count, seed);
        var paths = TileFiles.Save(tiles, Path.Combine(folder, part));
        if (part == "train")
            ContactSheet.Save(tiles, Path.Combine(folder, "tiles.png"));
        return
        [
            .. tiles.Zip(paths, (tile, path) =>
                new ImageRow { Label = tile.Label, Description = tile.Description, ImagePath = Path.Combine(part, path) }),
        ];
    }

    string[] Row(string name, RobustnessGuarantee guarantee, string promise)
    {
        GloroMetrics metrics = mlContext.Gloro.Evaluate(scored, guarantee: guarantee);
        string verified = $"{metrics.VerifiedRobustAccuracy:P1}", top1 = $"{metrics.Top1VerifiedRobustAccuracy:P1}";
        return [name, verified, top1, $"{metrics.MeanCertifiedSetSize:F2}", $"{metrics.MeanLoosestSetSize:F2}", promise];
    }
});
