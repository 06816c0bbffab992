using System.Diagnostics;
using EuroSat;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

Arguments arguments;
IReadOnlyList<ImageRow> trainRows, testRows;
try
{
    arguments = Arguments.Parse(args);
    trainRows = ImageRow.ReadFolders(Path.Combine(arguments.Data, "train"));
    testRows = ImageRow.ReadFolders(Path.Combine(arguments.Data, "test"));

    // An hour of training must not end at a file that cannot be written; and a file that is there stays whole until the new one is.
    File.Create(arguments.PartialSave).Dispose();
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{e.Message}{Environment.NewLine}{Environment.NewLine}{Arguments.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

var clock = Stopwatch.StartNew();
var mlContext = new MLContext(arguments.Seed);
mlContext.Log += (_, e) =>
{
    if (e.Source.StartsWith("Gloro", StringComparison.Ordinal))
        Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss}  {e.RawMessage}");
};

IDataView train = mlContext.Data.LoadFromEnumerable(trainRows);
IDataView test = mlContext.Data.LoadFromEnumerable(testRows);

GloroAugmentationOptions augmentation = GloroAugmentationOptions.Aerial;
(augmentation.RandAugment, augmentation.CutoutSide, augmentation.MixupAlpha) = (arguments.RandAugment, arguments.Cutout, arguments.Mixup);
if (arguments.Colour != 0)
    augmentation.ColourJitter = new() { Brightness = arguments.Colour, Contrast = arguments.Colour, Saturation = arguments.Colour };

var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
    .Append(mlContext.Gloro.ImageClassification(new GloroImageClassificationOptions
    {
        Guarantee = arguments.Guarantee,
        Epsilon = arguments.Epsilon,
        Epochs = arguments.Epochs,
        BatchSize = arguments.Batch,
        Depth = arguments.Depth,
        Width = arguments.Width,
        Loss = arguments.Loss,
        FinalEpsilonFactor = arguments.EpsilonFactor,
        LearningRate = arguments.LearningRate,
        Augmentation = augmentation,
        ValidationFraction = 0.03,
        WeightDecay = arguments.WeightDecay,
        AveragingDecay = arguments.Averaging,
        EarlyStoppingPatience = arguments.Patience,
        TimeBudget = arguments.TimeBudget,
        CheckpointFolder = arguments.Checkpoints,
        Seed = arguments.Seed,
        CancellationToken = stop.Token,
    }));

TransformerChain<GloroTransformer> model;
try
{
    model = pipeline.Fit(train);
}
catch (OperationCanceledException)
{
    File.Delete(arguments.PartialSave);
    Console.Error.WriteLine(arguments.Checkpoints is { } folder ? $"Stopped. The same command goes on after the last epoch in {folder}." : "Stopped. Nothing was saved.");
    return 1;
}

mlContext.Model.Save(model, train.Schema, arguments.PartialSave);
File.Move(arguments.PartialSave, arguments.Save, overwrite: true);
Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss}  Trained, and saved as {Path.GetFullPath(arguments.Save)} ({new FileInfo(arguments.Save).Length / 1024.0 / 1024.0:F1} MB).");

IDataView scored = model.Transform(test);
if (arguments.Columns is { } columnsPath)
{
    using var file = File.Create(columnsPath);
    string[] columns = ["ImagePath", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK", "CertifiedLabels", "ReachableLabels"];
    mlContext.Data.SaveAsText(mlContext.Transforms.SelectColumns(columns).Fit(scored).Transform(scored), file, headerRow: false, schema: false);
}

Console.WriteLine(mlContext.Gloro.Evaluate(scored));
Console.WriteLine($"{"guarantee",-12} {"VRA",6} {"top-1 VRA",10} {"certified",10} {"mean set",9}");
(string Name, RobustnessGuarantee Guarantee)[] guarantees =
[
    ("local", RobustnessGuarantee.Local),
    ("RT2", RobustnessGuarantee.RelaxedTopK(2)),
    ("RT3", RobustnessGuarantee.RelaxedTopK(3)),
    ("RT5", RobustnessGuarantee.RelaxedTopK(5)),
    ("affinity", RobustnessGuarantee.Affinity(AffinitySets.Parse("Highway+River,AnnualCrop+PermanentCrop,HerbaceousVegetation+Pasture"))),
];
foreach (var (name, guarantee) in guarantees)
{
    GloroMetrics m = mlContext.Gloro.Evaluate(scored, guarantee: guarantee);
    Console.WriteLine($"{name,-12} {m.VerifiedRobustAccuracy,6:F4} {m.Top1VerifiedRobustAccuracy,10:F4} {m.CertifiedFraction,10:F4} {m.MeanCertifiedSetSize,9:F2}");
}

Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss}  Done.");
return 0;
