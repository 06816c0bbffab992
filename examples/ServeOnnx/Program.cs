// Scores a folder of images with a file that mlContext.Gloro.ConvertToOnnx wrote, on ONNX Runtime alone: no ML.NET, and no reference to
// Microsoft.ML.Gloro. The graph takes pixels and returns labels, the tightest and the loosest certified sets, and radii. ε and K can be
// overridden.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using ServeOnnx;

if (args.Length is < 2 or > 4 || !File.Exists(args[0]) || !Directory.Exists(args[1]))
{
    Console.Error.WriteLine("usage: ServeOnnx model.onnx FOLDER [EPSILON [MAX-K]]");
    return 2;
}

// ONNX Runtime warns that ε can be overridden; only errors are shown.
using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
using var session = new InferenceSession(args[0], options);
using var run = new RunOptions();
var metadata = session.ModelMetadata.CustomMetadataMap;
if (!metadata.TryGetValue("gloro.class_names", out string? classNames))
{
    Console.Error.WriteLine($"{args[0]} was not written by mlContext.Gloro.ConvertToOnnx.");
    return 2;
}

string[] classes = JsonSerializer.Deserialize<string[]>(classNames)!;
int[] shape = session.InputMetadata["input"].Dimensions; // N, 3, height, width
if (shape.Length != 4)
{
    Console.Error.WriteLine($"{args[0]} classifies feature vectors, not images.");
    return 2;
}

string radiusOfProof = args.ElementAtOrDefault(2) ?? metadata["gloro.epsilon"];
Console.WriteLine($"{metadata["gloro.guarantee"]}, ε = {radiusOfProof} ({metadata["gloro.norm"]}, {metadata["gloro.epsilon_unit"]}), "
    + metadata["gloro.arithmetic"]);

string[] files =
[
    .. Directory.EnumerateFiles(args[1], "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG").Order(StringComparer.Ordinal),
];
bool isBytes = metadata["gloro.input"] == "RGB planes, 0 to 255";
float givenEpsilon = args.Length > 2 ? float.Parse(args[2], CultureInfo.InvariantCulture) : 0;
long givenK = args.Length > 3 ? long.Parse(args[3], CultureInfo.InvariantCulture) : 0;
const int BatchSize = 16;
string[] outputs = ["predicted_index", "certified_radius", "certified_mask", "loosest_mask"];
int certified = 0;
var clock = Stopwatch.StartNew();
foreach (string[] batch in files.Chunk(BatchSize))
{
    float[] pixels = [.. batch.SelectMany(file => ImagePixels.Read(file, shape[2], shape[3], isBytes))];
    using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Length, 3, shape[2], shape[3]]);
    List<string> names = ["input"];
    List<OrtValue> values = [input];
    using OrtValue epsilon = OrtValue.CreateTensorValueFromMemory([givenEpsilon], [1]);
    using OrtValue maxK = OrtValue.CreateTensorValueFromMemory([givenK], [1]);
    if (args.Length > 2)
    {
        names.Add("epsilon"); // a parameter that is not given keeps the file's own value
        values.Add(epsilon);
    }

    if (args.Length > 3)
    {
        names.Add("max_k");
        values.Add(maxK);
    }

    using var results = session.Run(run, names, values, outputs);
    ReadOnlySpan<long> label = results[0].GetTensorDataAsSpan<long>();
    ReadOnlySpan<float> radius = results[1].GetTensorDataAsSpan<float>();
    ReadOnlySpan<bool> tightest = results[2].GetTensorDataAsSpan<bool>(), loosest = results[3].GetTensorDataAsSpan<bool>();
    for (int n = 0; n < batch.Length; n++)
    {
        string set = Names(tightest.Slice(n * classes.Length, classes.Length)), largest = Names(loosest.Slice(n * classes.Length, classes.Length));
        certified += set.Length > 0 ? 1 : 0;
        string also = largest == set ? "" : $", and {{{largest}}}";
        string what = set.Length == 0 ? "not proved" : $"proved: {{{set}}} within {Down(radius[n])}{also}";
        Console.WriteLine($"{Path.GetRelativePath(args[1], batch[n])}\t{classes[label[n]]}\t{what}");
    }
}

double rate = files.Length / clock.Elapsed.TotalSeconds;
Console.WriteLine($"{files.Length} images, {certified} with a certificate, {rate:F0} images a second.");
return 0;

// A radius is rounded down: the number that is shown must be proved too.
static string Down(float radius) => (Math.Floor(radius * 10_000.0) / 10_000).ToString("F4", CultureInfo.InvariantCulture);

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
