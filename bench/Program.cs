using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.Gloro.Bench;
using Microsoft.ML.Gloro.Torch;
using TorchSharp;

const string Usage = """
    Both sides of a ratio run in turns in one process, so that a busy machine slows both.

      dotnet run -c Release --project bench -- arithmetic MODEL.zip
          A saved model's float64 scoring, which covers rounding, against ONNX Runtime's float32.

      dotnet run -c Release --project bench -- serving MODEL.zip [ROUNDS]
          Every ratio of scoring in about two minutes: Transform of vectors, images and image files, PredictionEngine and sixteen
          engines at once, all columns, against ONNX Runtime's bare session on the same graph with the same threads; memory; from
          model.zip to the first prediction; and the certificate by itself.

      dotnet run -c Release --project bench -- full MODEL.zip
          The same by BenchmarkDotNet.

      dotnet run -c Release --project bench -- certificate
          Microseconds that the certificate of a row takes by itself.

      dotnet run -c Release --project bench -- portable MODEL.zip [THREADS]
          An exported ONNX graph with the certificate inside against the bare network: 10, 100 and 1000 classes, 1, 3 and 5 radii,
          both arithmetics.

      dotnet run -c Release --project bench -- export MODEL.zip FILE.onnx [float64|real]
          The ONNX file of a saved model, as examples/ServeOnnx takes it.

      dotnet run -c Release --project bench -- parity MODEL.zip FOLDER [GUARANTEE]
          Which images of a folder the exported graph certifies, against the library; under the model's guarantee or another, such
          as rtk:3.

      dotnet run -c Release --project bench -- coverage MODEL.zip FOLDER|test.bin [COVERAGE]
          Coverage sets on 20 random halves of labeled images: their size at several ε with our constants and with one for all
          pairs.

      dotnet run -c Release --project bench -- augmentation
          Microseconds that augmenting an image takes.

      dotnet run -c Release --project bench -- training [OPTIONS]
          What a guarantee costs: the trainer's own step with each loss against the same network's step with plain cross-entropy;
          then κ alone and the loss alone. The network is the default one, the images are random.

      dotnet run -c Release --project bench -- loop [OPTIONS]
          What the trainer's loop costs: images a second of an epoch against the same steps in a plain loop, and what of a step
          can lie outside libtorch's kernels at most: a network that hardly computes makes the same calls.

      dotnet run -c Release --project bench -- defaults EUROSAT IRIS CIFAR [DATA [CHOICE ...]]
          VRA and seconds of the options that the trainers choose by data, and of others. EUROSAT is the folder with EuroSAT's
          train and test, IRIS is SciPy's iris.txt, CIFAR the folder of CIFAR-100's binary version, DATA is part of a data set's
          name. A choice is automatic, fixed (8 × 96 or 3 × 128, 30 epochs, batch 64), or such as Tiny/30/16 and 3x64/100/16.
          OMP_NUM_THREADS=1 makes the processor's seconds comparable on a busy machine.

      --classes 10,100,1000       numbers of classes, each above 5
      --threads N                 libtorch's threads; one for each core if left out
      --rounds N                  repetitions; 5 if left out
      --precision float32         or bfloat16; what the processor is faster with if left out
      --time processor            or elapsed, the default; with one thread the processor's time is steadier on a busy machine
      --losses TEXT               only the losses whose name holds the text (training)
    """;
switch (args)
{
    case ["arithmetic", var path]:
        ArithmeticBench.Run(Load(path).Gloro.GloroModel.Network);
        return 0;
    case ["coverage", var path, var data, .. var share]:
        using (GloroTransformer model = Load(path).Gloro)
            CoverageBench.Run(model, data, share is [var wanted] ? double.Parse(wanted, CultureInfo.InvariantCulture) : 0.9);
        return 0;
    case ["serving", var path, .. var roundCount]:
        using (GloroTransformer model = Load(path).Gloro)
            ServingBench.Run(path, model, roundCount is [var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 5);
        return 0;
    case ["full", var path]:
        ServingBenchmarks.ModelPath = path;
        ServingBenchmarks.RunAll();
        return 0;
    case ["load" or "load-nothing", var path]: // one of the processes that "serving" starts
        LoadBench.RunHere(path, isNothing: args[0] == "load-nothing");
        return 0;
    case ["certificate"]:
        CertificateBench.Run();
        return 0;
    case ["portable", var path, .. var threadCount]:
        PortableBench.Run(Load(path).Gloro.GloroModel, threadCount is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 0);
        return 0;
    case ["export", var path, var target, .. var arithmeticName]:
        using (var file = File.Create(target))
        {
            new MLContext().Gloro.ConvertToOnnx(
                Load(path).Chain, file, new GloroOnnxOptions
                {
                    Arithmetic = arithmeticName is [var name]
                    ? Enum.Parse<CertificateArithmetic>(name, ignoreCase: true) : null
                });
        }

        return 0;
    case ["parity", var path, var folder, .. var guarantee]:
        var (chain, inChain) = Load(path);
        if (guarantee is [var asked])
        {
            chain = new MLContext().Gloro.WithGuarantee(inChain, RobustnessGuarantee.Parse(asked));
            inChain = (GloroTransformer)chain;
        }

        PortableParity.Run(chain, inChain, folder);
        return 0;
    case ["augmentation"]:
        AugmentationBench.Run();
        return 0;
    case ["defaults", var eurosat, var iris, var cifar, .. var rest]:
        DefaultsBench.Run(eurosat, iris, cifar, rest is [var filter, ..] ? filter : "", rest is [_, .. var choices] ? choices : []);
        return 0;
    case ["training" or "loop", .. var words] when TrainingArguments.Parse(words) is { } arguments:
        TorchRuntime.EnsureLoaded();
        if (arguments.Threads is { } threads)
            torch.set_num_threads(threads);
        torch.manual_seed(1);
        Timing.OfProcessor = arguments.ProcessorTime;
        if (args[0] == "training")
            TrainingBench.Run(arguments);
        else
            LoopBench.Run(arguments);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static (ITransformer Chain, GloroTransformer Gloro) Load(string path)
{
    ITransformer model = new MLContext().Model.Load(path, out _);
    return (model, model as GloroTransformer ?? ((IEnumerable<ITransformer>)model).OfType<GloroTransformer>().Single());
}
