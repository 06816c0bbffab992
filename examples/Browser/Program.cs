using System.CommandLine;
using System.Text.Json;
using Examples;
using Examples.Page;
using Microsoft.ML;
using Microsoft.ML.Gloro;

string[] runtimeFiles = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];
var example = new Example(
    "Writes a static site that certifies images in the visitor's browser: no server computes anything, and no image leaves the machine.",
    "--out site");
Option<string> modelPath = example.Optional(
    "--model", "FILE", "The saved model", Path.Combine(AppContext.BaseDirectory, "models", "eurosat-best.zip"));
Option<string> outFolder = example.Optional("--out", "FOLDER", "The site", "site");

return example.Run(args, (given, _) =>
{
    string site = given.GetRequiredValue(outFolder);
    string runtime = FindRuntime()
        ?? throw new FileNotFoundException(
            "ONNX Runtime for the browser is missing. Run this first: npm install --prefix examples/Browser");
    var mlContext = new MLContext();
    using var model = ServedModel.Load(mlContext, given.GetRequiredValue(modelPath));
    Directory.CreateDirectory(site);
    foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "page")))
        File.Copy(file, Path.Combine(site, Path.GetFileName(file)), overwrite: true);
    foreach (string file in runtimeFiles)
        File.Copy(Path.Combine(runtime, file), Path.Combine(site, file), overwrite: true);
    byte[] card = JsonSerializer.SerializeToUtf8Bytes(model.Card, new JsonSerializerOptions(JsonSerializerDefaults.Web));
    File.WriteAllBytes(Path.Combine(site, "card.json"), card);
    using (var graph = File.Create(Path.Combine(site, "model.onnx")))
        mlContext.Gloro.ConvertToOnnx(model.AtZero, graph, new GloroOnnxOptions { BytePixels = true });

    foreach (string file in Directory.EnumerateFiles(site).Order(StringComparer.Ordinal))
        Console.WriteLine($"{new FileInfo(file).Length / 1024.0,10:N0} KB  {Path.GetFileName(file)}");
    Console.WriteLine($"The site is in {Path.GetFullPath(site)}.");
    Console.WriteLine($"Look at it with any file server: python3 -m http.server --directory {site}");
    return Example.Succeeded;
});

// npm puts packages beside package.json, which lies above this program.
static string? FindRuntime()
{
    for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        string runtime = Path.Combine(folder.FullName, "node_modules", "onnxruntime-web", "dist");
        if (Directory.Exists(runtime))
            return runtime;
    }

    return null;
}
