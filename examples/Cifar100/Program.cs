using Cifar100;
using Examples;
using Experiments;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Trains a provably robust classifier of CIFAR-100 and prints what it can prove on the official test images.",
    "--data FOLDER --guarantee superclasses --loss RelaxedEmma --depth 4 --width 96");
var training = new GloroImageClassificationOptions { ValidationFraction = 0.02, Augmentation = new() { MaximumShift = 4 } };
var options = new ExperimentOptions(
    example, training, "The binary version: train.bin, test.bin, fine_label_names.txt and coarse_label_names.txt", "cifar100.zip",
    superclasses: true);

return example.Run(args, (given, stop) =>
{
    var data = new CifarFolder(options.Data(given));
    ExperimentArguments arguments = options.Read(given);
    if (arguments.Superclasses)
        arguments.Training.Guarantee = RobustnessGuarantee.Affinity(data.Superclasses);

    using var experiment = new ImageExperiment(arguments, stop) { FigureK = 5, ClassGroup = name => data.SuperclassOf[name] };
    var mlContext = experiment.Context;
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
        .Append(mlContext.Gloro.ImageClassification(arguments.Training));

    var test = mlContext.Data.LoadFromEnumerable(arguments.TestPart(data.Images(data.Test)));
    return experiment.Run(
        pipeline,
        mlContext.Data.LoadFromEnumerable(arguments.TrainingPart(data.Images(data.Train), image => image.Label)),
        test,
        [.. ImageExperiment.Guarantees, ("superclasses", RobustnessGuarantee.Affinity(data.Superclasses))],
        (model, scored) => NamedSets.Print(mlContext, model, test, scored, RobustnessGuarantee.Affinity(data.Superclasses)));
});
