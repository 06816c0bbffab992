using System.CommandLine;
using Examples;
using Experiments;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using TinyImageNet;

var example = new Example(
    "Trains a provably robust classifier of Tiny-ImageNet and prints what it can prove on validation images.",
    "--data FOLDER --loss AnnealedEmma --depth 4 --width 96 --epochs 18 --learning-rate 0.0025 --closing-factor 1.5");
var training = new GloroImageClassificationOptions { ValidationFraction = 0.01, Augmentation = new() { MaximumShift = 4 } };
var options = new ExperimentOptions(
    example, training, "The data set as it is published: train/, val/ and words.txt", "tiny-imagenet.zip", superclasses: true);
Option<TestPart> part = example.Optional(
    "--test", "even|odd|all", "Validation images val_N.JPEG to test on, by N; the project keeps the odd ones aside", TestPart.Even);

return example.Run(args, (given, stop) =>
{
    var data = new TinyImageNetFolder(options.Data(given));
    ExperimentArguments arguments = options.Read(given);
    using var experiment = new ImageExperiment(arguments, stop) { FigureK = 5, ClassGroup = data.SuperclassOf, InWords = data.InWords };

    // The classes of a new model are ids, as the folders. A given model may have words instead.
    bool words = data.AreWords(experiment.ClassNames);
    RobustnessGuarantee superclasses = RobustnessGuarantee.Affinity(data.Superclasses(words));
    if (arguments.Superclasses)
        training.Guarantee = superclasses;
    var mlContext = experiment.Context;
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Transforms.LoadImages("Image", imageFolder: null, "ImagePath"))
        .Append(mlContext.Gloro.ImageClassification(training));

    return experiment.Run(
        pipeline,
        mlContext.Data.LoadFromEnumerable(arguments.TrainingPart(data.Train(words), row => row.Label)),
        mlContext.Data.LoadFromEnumerable(arguments.TestPart(data.Test(given.GetValue(part), words))),
        [.. ImageExperiment.Guarantees, ("superclasses", superclasses)]);
});
