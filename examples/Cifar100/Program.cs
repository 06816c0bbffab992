using Cifar100;
using Experiments;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var defaults = new ExperimentArguments { Save = "cifar100.zip", Validation = 0.02 };
ExperimentArguments arguments;
CifarFolder data;
try
{
    arguments = ExperimentArguments.Parse(args, defaults);
    data = new CifarFolder(arguments.Data);
    if (arguments.Superclasses)
        arguments = arguments with { Guarantee = RobustnessGuarantee.Affinity(data.Superclasses) };
    arguments.CheckModels();
}
catch (Exception e) when (e is FormatException or IOException or InvalidDataException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"""
        {e.Message}

        Trains a provably robust classifier of CIFAR-100 and prints what it can prove on the official test images.

          dotnet run -c Release --project examples/Cifar100 -- --data FOLDER [options]

        FOLDER holds the binary version as its authors publish it: train.bin, test.bin, fine_label_names.txt and coarse_label_names.txt.
        --guarantee superclasses is affinity robustness with the twenty superclasses as its sets. The options and their defaults:

        {defaults.Usage}
        """);
    return 2;
}

using var experiment = new ImageExperiment(arguments) { FigureK = 5, ClassGroup = name => data.SuperclassOf[name] };
var mlContext = experiment.Context;
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Gloro.ImageClassification(experiment.Options(new GloroAugmentationOptions { MaximumShift = 4 })));

var test = mlContext.Data.LoadFromEnumerable(data.Images(data.Test));
return experiment.Run(
    pipeline,
    mlContext.Data.LoadFromEnumerable(data.Images(data.Train)),
    test,
    [
        ("local", RobustnessGuarantee.Local),
        ("RT2", RobustnessGuarantee.RelaxedTopK(2)),
        ("RT3", RobustnessGuarantee.RelaxedTopK(3)),
        ("RT5", RobustnessGuarantee.RelaxedTopK(5)),
        ("superclasses", RobustnessGuarantee.Affinity(data.Superclasses)),
    ],
    (model, scored) => NamedSets.Print(mlContext, model, test, scored, RobustnessGuarantee.Affinity(data.Superclasses)));
