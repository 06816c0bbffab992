using System.CommandLine;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Gloro.Bench;
using Microsoft.ML.Gloro.Torch;
using TorchSharp;

// Numbers are read and printed with a decimal point everywhere.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var bench = new RootCommand("Measures the library. Both sides of a ratio run in turns in one process, so that a busy machine slows both.");
Argument<string> model = new("MODEL") { Description = "A saved model" }, folder = new("FOLDER") { Description = "A folder of images" };

Add("arithmetic", "A saved model's float64 scoring, which covers rounding, against ONNX Runtime's float32.", [model], given =>
    ArithmeticBench.Run(Load(given.GetRequiredValue(model)).Gloro.GloroModel.Network));

Argument<int> rounds = new("ROUNDS") { Description = "Repetitions", DefaultValueFactory = _ => 5 };
Add("serving", "Every ratio of scoring in about two minutes: Transform of vectors, images and image files, PredictionEngine and sixteen "
    + "engines at once, all columns, against ONNX Runtime's bare session on the same graph with the same threads; memory; from model.zip "
    + "to the first prediction; and the certificate by itself.", [model, rounds], given =>
{
    string path = given.GetRequiredValue(model);
    using GloroTransformer loaded = Load(path).Gloro;
    ServingBench.Run(path, loaded, given.GetValue(rounds));
});

Add("full", "The same by BenchmarkDotNet.", [model], given =>
{
    ServingBenchmarks.ModelPath = given.GetRequiredValue(model);
    ServingBenchmarks.RunAll();
});

foreach (string name in new[] { "load", "load-nothing" }) // processes that "serving" starts
    Add(name, "", [model], given => LoadBench.RunHere(given.GetRequiredValue(model), isNothing: name == "load-nothing")).Hidden = true;

Add("certificate", "Microseconds that the certificate of a row takes by itself.", [], _ => CertificateBench.Run());

Argument<int> portableThreads = new("THREADS")
{
    Description = "Threads of ONNX Runtime; 0 leaves them as they are",
    DefaultValueFactory = _ => 0,
};
Add("portable", "An exported ONNX graph with the certificate inside against the bare network: 10, 100 and 1000 classes, 1, 3 and 5 radii, "
    + "both arithmetics.", [model, portableThreads], given =>
    PortableBench.Run(Load(given.GetRequiredValue(model)).Gloro.GloroModel, given.GetValue(portableThreads)));

Argument<string> onnxFile = new("FILE.onnx") { Description = "The file to write" };
Argument<CertificateArithmetic?> arithmetic = new("ARITHMETIC")
{
    Description = "Float64 or Real; the model's if left out",
    Arity = ArgumentArity.ZeroOrOne,
};
Add("export", "The ONNX file of a saved model, as examples/ServeOnnx takes it.", [model, onnxFile, arithmetic], given =>
{
    using var file = File.Create(given.GetRequiredValue(onnxFile));
    new MLContext().Gloro.ConvertToOnnx(
        Load(given.GetRequiredValue(model)).Chain, file, new GloroOnnxOptions { Arithmetic = given.GetValue(arithmetic) });
});

Argument<string?> guarantee = new("GUARANTEE") { Description = "Such as rtk:3; the model's if left out", Arity = ArgumentArity.ZeroOrOne };
Add("parity", "Which images of a folder the exported graph certifies, against the library.", [model, folder, guarantee], given =>
{
    var (chain, inChain) = Load(given.GetRequiredValue(model));
    if (given.GetValue(guarantee) is { } asked)
    {
        chain = new MLContext().Gloro.WithGuarantee(inChain, RobustnessGuarantee.Parse(asked));
        inChain = (GloroTransformer)chain;
    }

    PortableParity.Run(chain, inChain, given.GetRequiredValue(folder));
});

Argument<string> labeled = new("DATA") { Description = "Class folders of images, or CIFAR-100's test.bin" };
Argument<double> coverage = new("COVERAGE") { Description = "The probability", DefaultValueFactory = _ => 0.9 };
Option<double[]> temperatures = new("--temperatures")
{
    Description = "Temperatures of the softmax score, as shares of the model's",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [0.5],
};
Option<GloroImageViews?> views = new("--views") { Description = "The views that logits are averaged over; the model's if left out" };
Option<int> attack = new("--attack") { Description = "Attacks so many rows at 36/255 instead: coverage before and after" };
Add("coverage", "Coverage sets on 20 random halves of labeled images: their size at several ε with our constants and with one for all "
    + "pairs.", [model, labeled, coverage], given =>
{
    using GloroTransformer loaded = Load(given.GetRequiredValue(model)).Gloro;
    using var seen = (GloroTransformer)new MLContext().Gloro.WithViews(loaded, given.GetValue(views) ?? loaded.Views);
    if (given.GetValue(attack) is > 0 and var rows)
        CoverageAttackBench.Run(seen, given.GetRequiredValue(labeled), given.GetValue(coverage), rows);
    else
        CoverageBench.Run(seen, given.GetRequiredValue(labeled), given.GetValue(coverage), given.GetRequiredValue(temperatures));
}, temperatures, views, attack);

Argument<int> most = new("ROWS") { Description = "Rows at most", DefaultValueFactory = _ => int.MaxValue };
Add("rounding", "What covering rounding costs on labeled images: VRA and radii in both arithmetics, and with single-precision logits taken "
    + "as exact.", [model, labeled, most], given =>
{
    using GloroTransformer loaded = Load(given.GetRequiredValue(model)).Gloro;
    RoundingBench.Run(loaded, given.GetRequiredValue(labeled), given.GetValue(most));
});

Add("augmentation", "Microseconds that augmenting an image takes.", [], _ => AugmentationBench.Run());

var training = new TrainingOptions();
Add("training", "What a guarantee costs: the trainer's own step with each loss against the same network's step with plain cross-entropy; "
    + "then κ alone and the loss alone. The network is the default one, the images are random.", [],
    given => TrainingBench.Run(Begin(given)), training.All);
Add("loop", "What the trainer's loop costs: images a second of an epoch against the same steps in a plain loop, and what of a step can lie "
    + "outside libtorch's kernels at most: a network that hardly computes makes the same calls.", [],
    given => LoopBench.Run(Begin(given)), training.All);

Argument<int> inputs = new("INPUTS") { Description = "The length of the vectors" };
Argument<string[]> layers = new("LAYER") { Description = "Such as \"orthogonal dense 256\"", Arity = ArgumentArity.OneOrMore };
Add("layers", "Milliseconds that layers for vectors take in a step of training.", [inputs, layers], given =>
    LayerBench.Run(given.GetRequiredValue(inputs), given.GetRequiredValue(layers)));

Argument<string> eurosat = new("EUROSAT") { Description = "The folder with EuroSAT's train and test" },
    iris = new("IRIS") { Description = "SciPy's iris.txt" },
    cifar = new("CIFAR") { Description = "The folder of CIFAR-100's binary version" };
Argument<string> filter = new("DATA") { Description = "Part of a data set's name", DefaultValueFactory = _ => "" };
Argument<string[]> choices = new("CHOICE")
{
    Description = "automatic, fixed (8 × 96 or 3 × 128, 30 epochs, batch 64), or such as Tiny/30/16 and 3x64/100/16",
    Arity = ArgumentArity.ZeroOrMore,
};
Add("defaults", "VRA and seconds of the options that the trainers choose by data, and of others. OMP_NUM_THREADS=1 makes the processor's "
    + "seconds comparable on a busy machine.", [eurosat, iris, cifar, filter, choices], given =>
    DefaultsBench.Run(
        given.GetRequiredValue(eurosat), given.GetRequiredValue(iris), given.GetRequiredValue(cifar), given.GetRequiredValue(filter),
        given.GetValue(choices) ?? []));

ParseResult asked = bench.Parse(args.Length > 0 ? args : ["--help"]);
int code = asked.Invoke();
return asked.Errors.Count > 0 ? 2 : code;

Command Add(string name, string what, Argument[] arguments, Action<ParseResult> run, params IReadOnlyList<Option> options)
{
    var command = new Command(name, what);
    foreach (Argument argument in arguments)
        command.Add(argument);
    foreach (Option option in options)
        command.Add(option);
    command.SetAction(run);
    bench.Add(command);
    return command;
}

TrainingArguments Begin(ParseResult given)
{
    TrainingArguments arguments = training.Read(given);
    TorchRuntime.EnsureLoaded();
    if (arguments.Threads is { } threads)
        torch.set_num_threads(threads);
    torch.manual_seed(1);
    Timing.OfProcessor = arguments.ProcessorTime;
    return arguments;
}

static (ITransformer Chain, GloroTransformer Gloro) Load(string path)
{
    ITransformer model = new MLContext().Model.Load(path, out _);
    return (model, model as GloroTransformer ?? ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single());
}
