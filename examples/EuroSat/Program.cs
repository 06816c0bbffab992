using EuroSat.Download;
using Experiments;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;

if (args.Contains("--download"))
    return await DownloadCommand.RunAsync(args);

var defaults = new ExperimentArguments { Save = "eurosat.zip" };
ExperimentArguments arguments;
IReadOnlyList<ImageRow> trainRows, testRows;
try
{
    arguments = ExperimentArguments.Parse(args, defaults);
    trainRows = ImageRow.ReadFolders(Path.Combine(arguments.Data, "train"));
    testRows = ImageRow.ReadFolders(Path.Combine(arguments.Data, "test"));
    arguments.CheckModels();
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"""
        {e.Message}

        Trains a provably robust classifier of EuroSAT images and prints what it can prove on the test images.

          dotnet run -c Release --project examples/EuroSat -- --data FOLDER [options]

        FOLDER holds class folders of images under train/ and test/. The options and their defaults:

        {DownloadCommand.Usage}
        {defaults.Usage}
        """);
    return 2;
}

using var experiment = new ImageExperiment(arguments) { FigureK = 3 };
var mlContext = experiment.Context;
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
    .Append(mlContext.Gloro.ImageClassification(experiment.Options(GloroAugmentationOptions.Aerial)));

return experiment.Run(
    pipeline,
    mlContext.Data.LoadFromEnumerable(trainRows),
    mlContext.Data.LoadFromEnumerable(testRows),
    [
        ("local", RobustnessGuarantee.Local),
        ("RT2", RobustnessGuarantee.RelaxedTopK(2)),
        ("RT3", RobustnessGuarantee.RelaxedTopK(3)),
        ("RT5", RobustnessGuarantee.RelaxedTopK(5)),
        ("affinity", RobustnessGuarantee.Affinity(AffinitySets.Parse("Highway+River,AnnualCrop+PermanentCrop,HerbaceousVegetation+Pasture"))),
    ]);
