using EuroSat.Download;
using Examples;
using Experiments;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Trains a provably robust classifier of EuroSAT images and prints what it can prove on the test images.", "--data FOLDER --epochs 10");
var download = new DownloadCommand(example);
var training = new GloroImageClassificationOptions { ValidationFraction = 0.03, Augmentation = GloroAugmentationOptions.Aerial };
var options = new ExperimentOptions(
    example, training, "Class folders of images under train/ and test/", "eurosat.zip", folder: Path.Combine("artifacts", "eurosat"));

return example.Run(args, (given, stop) =>
{
    ExperimentArguments arguments = options.Read(given);
    if (download.IsGiven(given))
        return download.RunAsync(given, arguments.Data, stop).GetAwaiter().GetResult();

    string trainFolder = Path.Combine(arguments.Data, "train"), testFolder = Path.Combine(arguments.Data, "test");
    if (!Directory.Exists(trainFolder))
    {
        throw new DirectoryNotFoundException(
            $"There is no folder {trainFolder}. --download fetches the data set, --data names another folder.");
    }

    IEnumerable<ImageRow> train = arguments.TrainingPart(ImageRow.ReadFolders(trainFolder), row => row.Label);
    IEnumerable<ImageRow> test = arguments.TestPart(ImageRow.ReadFolders(testFolder));

    using var experiment = new ImageExperiment(arguments, stop) { FigureK = 3 };
    var mlContext = experiment.Context;
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
        .Append(mlContext.Gloro.ImageClassification(arguments.Training));

    return experiment.Run(
        pipeline,
        mlContext.Data.LoadFromEnumerable(train),
        mlContext.Data.LoadFromEnumerable(test),
        [
            .. ImageExperiment.Guarantees,
            ("affinity", RobustnessGuarantee.Parse("affinity:Highway+River,AnnualCrop+PermanentCrop,HerbaceousVegetation+Pasture")),
        ]);
});
