using System.CommandLine;
using Examples;
using Experiments;
using Folder;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var augmentations = new Dictionary<string, Func<GloroAugmentationOptions>>
{
    ["flip-shift"] = () => new(),
    ["none"] = () => GloroAugmentationOptions.None,
    ["photographs"] = () => GloroAugmentationOptions.Photographs,
    ["aerial"] = () => GloroAugmentationOptions.Aerial,
};
var example = new Example(
    "Trains a provably robust classifier on any folder of class folders, and prints what it can prove on images that it did not see.",
    "--data FOLDER --augmentation photographs");
var training = new GloroImageClassificationOptions(); // what is not given, the library chooses
var options = new ExperimentOptions(
    example, training, "Class folders of images, also in folders inside them; or train/ and test/ with such class folders", "folder.zip");
Option<double> testShare = example.Optional(
    "--test-share", "X", "The share of each class that is set aside for testing, by --seed, where there is no test/", 0.2);
Option<string> augmentation = example.Optional("--augmentation", "NAME", "Random changes of training images", "flip-shift");
augmentation.AcceptOnlyFromAmong([.. augmentations.Keys]);
Option<int?> shift = example.Open<int?>("--shift", "N", "The largest shift of training images in pixels", "the augmentation's");
Option<int[]> imageSize = new("--image-size")
{
    HelpName = "H W",
    Description = "Height and width in pixels to which images are resized, and at which ε is measured [default: the first image's]",
    Arity = new(2, 2),
    AllowMultipleArgumentsPerToken = true,
};
example.Add(imageSize);

return example.Run(args, (given, stop) =>
{
    training.Augmentation = augmentations[given.GetRequiredValue(augmentation)]();
    training.Augmentation.MaximumShift = given.GetValue(shift) ?? training.Augmentation.MaximumShift;
    ExperimentArguments arguments = options.Read(given);
    if (given.GetValue(imageSize) is [var height, var width])
        training.ImageSize = (height, width);
    var (train, test) = Parts.Read(arguments.Data, given.GetValue(testShare), training.Seed ?? 1);
    Show.Line($"{train.Count} images of {train.DistinctBy(row => row.Label).Count()} classes to train on, {test.Count} to test on");

    using var experiment = new ImageExperiment(arguments, stop) { FigureK = 3 };
    var mlContext = experiment.Context;
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
        .Append(mlContext.Gloro.ImageClassification(training));

    return experiment.Run(
        pipeline,
        mlContext.Data.LoadFromEnumerable(train),
        mlContext.Data.LoadFromEnumerable(test),
        ImageExperiment.Guarantees);
});
