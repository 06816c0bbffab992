// No ML.NET, and no reference to Microsoft.ML.Gloro: the graph takes pixels and returns labels, the tightest and the loosest certified
// sets, and radii. ε and K can be overridden.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Examples;
using Microsoft.ML.OnnxRuntime;
using ServeOnnx;

var example = new Example(
    "Scores a folder of images with a file that mlContext.Gloro.ConvertToOnnx wrote, on ONNX Runtime alone.",
    "--model model.onnx --data FOLDER");
Option<string> modelFile = example.Required("--model", "FILE", "The ONNX file");
Option<string> dataFolder = example.Required("--data", "FOLDER", "Images, also in folders inside it");
Option<float?> epsilonOption = example.Open<float?>(
    "--epsilon", "NUMBER", "L2 radius in pixels scaled to [0, 1], such as 36/255", "the file's", text => Example.Fraction(text));
Option<long?> maxKOption = example.Open<long?>(
    "--max-k", "K", "The size of the largest set to certify", "the file's", text => long.Parse(text, CultureInfo.InvariantCulture));

return example.Run(args, (given, stop) =>
{
    string modelPath = given.GetRequiredValue(modelFile), folder = given.GetRequiredValue(dataFolder);
    if (!File.Exists(modelPath) || !Directory.Exists(folder))
        throw new FileNotFoundException($"There is no file {modelPath} or no folder {folder}.");

    // ONNX Runtime warns that ε can be overridden; only errors are shown.
    using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
    using var session = new InferenceSession(modelPath, options);
    using var run = new RunOptions();
    var metadata = session.ModelMetadata.CustomMetadataMap;
    if (!metadata.TryGetValue("gloro.class_names", out string? classNames))
        throw new FormatException($"{modelPath} was not written by mlContext.Gloro.ConvertToOnnx.");

    string[] classes = JsonSerializer.Deserialize<string[]>(classNames)!;
    int[] shape = session.InputMetadata["input"].Dimensions; // N, 3, height, width
    if (shape.Length != 4)
        throw new FormatException($"{modelPath} classifies feature vectors, not images.");

    float? givenEpsilon = given.GetValue(epsilonOption);
    long? givenK = given.GetValue(maxKOption);
    string radiusOfProof = givenEpsilon?.ToString(CultureInfo.InvariantCulture) ?? metadata["gloro.epsilon"];
    Console.WriteLine($"{metadata["gloro.guarantee"]}, ε = {radiusOfProof} ({metadata["gloro.norm"]}, {metadata["gloro.epsilon_unit"]}), "
        + metadata["gloro.arithmetic"]);

    string[] files =
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG").Order(StringComparer.Ordinal),
    ];
    bool isBytes = metadata["gloro.input"] == "RGB planes, 0 to 255";
    const int BatchSize = 16;
    string[] outputs = ["predicted_index", "certified_radius", "certified_mask", "loosest_mask"];
    int certified = 0;
    var clock = Stopwatch.StartNew();
    foreach (string[] batch in files.Chunk(BatchSize))
    {
        stop.ThrowIfCancellationRequested();
        float[] pixels = [.. batch.SelectMany(file => ImagePixels.Read(file, shape[2], shape[3], isBytes))];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Length, 3, shape[2], shape[3]]);
        List<string> names = ["input"];
        List<OrtValue> values = [input];
        using OrtValue epsilon = OrtValue.CreateTensorValueFromMemory([givenEpsilon ?? 0], [1]);
        using OrtValue maxK = OrtValue.CreateTensorValueFromMemory([givenK ?? 0], [1]);
        if (givenEpsilon is not null)
        {
            names.Add("epsilon"); // a parameter that is not given keeps the file's own value
            values.Add(epsilon);
        }

        if (givenK is not null)
        {
            names.Add("max_k");
            values.Add(maxK);
        }

        using var results = session.Run(run, names, values, outputs);
        ReadOnlySpan<long> label = results[0].GetTensorDataAsSpan<long>();
        ReadOnlySpan<float> radii = results[1].GetTensorDataAsSpan<float>();
        ReadOnlySpan<bool> tightest = results[2].GetTensorDataAsSpan<bool>(), loosest = results[3].GetTensorDataAsSpan<bool>();
        for (int n = 0; n < batch.Length; n++)
        {
            string set = Names(tightest.Slice(n * classes.Length, classes.Length));
            string largest = Names(loosest.Slice(n * classes.Length, classes.Length));
            certified += set.Length > 0 ? 1 : 0;
            string also = largest == set ? "" : $", and {{{largest}}}";
            string what = set.Length == 0 ? "not proved" : $"proved: {{{set}}} within {Down(radii[n])}{also}";
            Console.WriteLine($"{Path.GetRelativePath(folder, batch[n])}\t{classes[label[n]]}\t{what}");
        }
    }

    double rate = files.Length / clock.Elapsed.TotalSeconds;
    Console.WriteLine($"{files.Length} images, {certified} with a certificate, {rate:F0} images a second.");
    return Example.Succeeded;

    string Names(ReadOnlySpan<bool> mask)
    {
        var names = new List<string>();
        for (int c = 0; c < classes.Length; c++)
        {
            if (mask[c])
                names.Add(classes[c]);
        }

        return string.Join(", ", names);
    }
});

// A radius is rounded down: the number that is shown must be proved too.
static string Down(float radius) => (Math.Floor(radius * 10_000.0) / 10_000).ToString("F4", CultureInfo.InvariantCulture);
