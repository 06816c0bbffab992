// Scores a folder of images with a file that mlContext.Gloro.ConvertToOnnx wrote, on ONNX Runtime alone: no ML.NET, and no reference to Microsoft.ML.Gloro.
// The graph takes pixels, and gives labels, the tightest and the loosest certified sets, and radii; ε and K may be overridden without a new file.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using ServeOnnx;

if (args.Length is < 2 or > 4)
{
    Console.Error.WriteLine("usage: ServeOnnx model.onnx FOLDER [EPSILON [MAX-K]]");
    return 2;
}

using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR }; // that ε can be overridden is worth a warning to ONNX Runtime
using var session = new InferenceSession(args[0], options);
using var run = new RunOptions();
var metadata = session.ModelMetadata.CustomMetadataMap;
string[] classes = JsonSerializer.Deserialize<string[]>(metadata["gloro.class_names"])!;
int[] shape = session.InputMetadata["input"].Dimensions; // N, 3, height, width
Console.WriteLine($"{metadata["gloro.guarantee"]}, ε = {args.ElementAtOrDefault(2) ?? metadata["gloro.epsilon"]} ({metadata["gloro.norm"]}, {metadata["gloro.epsilon_unit"]}), {metadata["gloro.arithmetic"]}");

string[] files = [.. Directory.EnumerateFiles(args[1], "*", SearchOption.AllDirectories)
    .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG").Order(StringComparer.Ordinal)];
const int BatchSize = 16;
string[] outputs = ["predicted_index", "certified_radius", "certified_mask", "loosest_mask"];
int certified = 0;
var clock = Stopwatch.StartNew();
foreach (string[] batch in files.Chunk(BatchSize))
{
    float[] pixels = [.. batch.SelectMany(file => ImagePixels.Read(file, shape[2], shape[3], metadata["gloro.input"] == "RGB planes, 0 to 255"))];
    using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Length, 3, shape[2], shape[3]]);
    List<string> names = ["input"];
    List<OrtValue> values = [input];
    using OrtValue epsilon = OrtValue.CreateTensorValueFromMemory([args.Length > 2 ? float.Parse(args[2], CultureInfo.InvariantCulture) : 0], [1]);
    using OrtValue maxK = OrtValue.CreateTensorValueFromMemory([args.Length > 3 ? long.Parse(args[3], CultureInfo.InvariantCulture) : 0], [1]);
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
        string what = set.Length == 0 ? "not proved" : $"proved: {{{set}}}{(largest == set ? "" : $", and {{{largest}}}")}";
        double down = Math.Floor(radius[n] * 10000d) / 10000; // a radius that is rounded up is not proved
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(args[1], batch[n])}\t{classes[label[n]]}\t{down:F4}\t{what}"));
    }
}

Console.WriteLine($"{files.Length} images, {certified} with a certificate, {files.Length / clock.Elapsed.TotalSeconds:F0} images a second.");
return 0;

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
