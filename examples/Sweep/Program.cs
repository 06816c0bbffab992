using System.CommandLine;
using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Quickstart;
using Quickstart.Drawing;
using Sweep;

var example = new Example(
    "Searches the settings of the image trainer on the Quickstart's tiles, and compares the best with the given options on other tiles.",
    "--small") { Example.Short };
Option<bool> small = example.Flag("--small", "A fifth of the tiles and a smaller network: the search of docs/automl.md");

return example.Run(args, (line, stop) =>
{
    bool isTiny = line.GetValue(Example.Short), isSmall = isTiny || line.GetValue(small);
    string folder = Path.GetFullPath(Path.Combine("artifacts", "sweep"));
    var mlContext = new MLContext(seed: 1);
    int others = isTiny ? 30 : isSmall ? 200 : 1000;
    IDataView train = Draw("train", 2 * others, seed: 1), validation = Draw("validation", others, seed: 3);
    IDataView test = Draw("test", others, seed: 2);

    // The sweep takes rows as the trainer does: all that comes before it is fitted once.
    var before = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.LoadImages("Image", imageFolder: folder, "ImagePath")).Fit(train);
    (train, validation, test) = (before.Transform(train), before.Transform(validation), before.Transform(test));

    // All at its default but the size of the network and the epochs, so that a trial takes seconds.
    var asGiven = new GloroImageClassificationOptions
    {
        Depth = isSmall ? 1 : 3,
        Width = isSmall ? 16 : 32,
        TailWidth = isSmall ? 64 : 128,
        Epochs = isTiny ? 2 : 9,
    };
    var options = new GloroSweepOptions(asGiven)
    {
        Parameters =
        [
            GloroSweepParameter.Range("LearningRate", 3e-4, 2e-2, logarithmic: true),
            GloroSweepParameter.Choice("BatchSize", 32, 64, 128),
            GloroSweepParameter.Choice("Loss", GloroLossKind.Emma, GloroLossKind.AnnealedEmma, GloroLossKind.CrossEntropy),
            GloroSweepParameter.Range("EpsilonFactor", 1, 3),
            GloroSweepParameter.Annotated("WeightDecay"),
        ],
        Trials = isTiny ? 3 : 12,
        JournalPath = Path.Combine(folder, isTiny ? "tiny.jsonl" : isSmall ? "small.jsonl" : "sweep.jsonl"),
        Progress = new SweepLines(),
        CancellationToken = stop,
    };

    // Ctrl-C ends the search and shows what it has found. The next run continues from the journal, even if the process was killed.
    GloroSweepResult result = mlContext.Gloro.Sweep(train, validation, options);
    Console.WriteLine();
    Console.WriteLine(result);
    if (result.BestOptions is not GloroImageClassificationOptions best || stop.IsCancellationRequested)
        return Example.Failed;

    // The journal keeps no models, but the same options learn the same model again.
    using GloroTransformer model = result.BestModel ?? mlContext.Gloro.ImageClassification(best).Fit(train);
    var given = (GloroImageClassificationOptions)result.Baseline!.Options;
    using GloroTransformer plain = mlContext.Gloro.ImageClassification(given).Fit(train);
    Console.WriteLine();
    Console.WriteLine("On the test tiles:");
    Show("as given", plain);
    Show("best", model);
    return Example.Succeeded;

    IDataView Draw(string part, int count, int seed)
    {
        var tiles = TileSet.Draw(count, seed);
        var paths = TileFiles.Save(tiles, Path.Combine(folder, part));
        return mlContext.Data.LoadFromEnumerable(tiles.Zip(paths, (tile, path) =>
            new ImageRow { Label = tile.Label, Description = tile.Description, ImagePath = Path.Combine(part, path) }).ToList());
    }

    void Show(string name, GloroTransformer transformer)
    {
        GloroMetrics metrics = mlContext.Gloro.Evaluate(transformer.Transform(test));
        Console.WriteLine(FormattableString.Invariant(
            $"  {name,-10} VRA {metrics.VerifiedRobustAccuracy:F3}, clean accuracy {metrics.CleanAccuracy:F3}"));
    }
});
