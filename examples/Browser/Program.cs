// Writes a static site that certifies images in the visitor's browser: no server computes anything, and no image leaves the machine.
//   npm install --prefix examples/Browser
//   dotnet run -c Release --project examples/Browser -- [--model model.zip] [--out site]
//   python3 -m http.server --directory site        (or any other file server)
using System.Globalization;
using System.Text.Json;
using Examples.Page;
using Microsoft.ML;
using Microsoft.ML.Gloro;

string[] runtimeFiles = ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"];

if (!TryRead(args, out string modelPath, out string site))
{
    Console.Error.WriteLine("usage: Browser [--model model.zip] [--out FOLDER]");
    return 2;
}

if (FindRuntime() is not { } runtime)
{
    Console.Error.WriteLine("ONNX Runtime for the browser is missing. Run this first: npm install --prefix examples/Browser");
    return 2;
}

var mlContext = new MLContext();
ServedModel served;
try
{
    served = ServedModel.Load(mlContext, modelPath);
}
catch (Exception e) when (e is IOException or FormatException)
{
    Console.Error.WriteLine($"{e.Message} Name one: --model model.zip");
    return 2;
}

using ServedModel model = served;
Directory.CreateDirectory(site);
foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "page")))
    File.Copy(file, Path.Combine(site, Path.GetFileName(file)), overwrite: true);
foreach (string file in runtimeFiles)
    File.Copy(Path.Combine(runtime, file), Path.Combine(site, file), overwrite: true);
File.WriteAllBytes(Path.Combine(site, "card.json"), JsonSerializer.SerializeToUtf8Bytes(model.Card, new JsonSerializerOptions(JsonSerializerDefaults.Web)));
using (var graph = File.Create(Path.Combine(site, "model.onnx")))
    mlContext.Gloro.ConvertToOnnx(model.AtZero, graph, new GloroOnnxOptions { BytePixels = true });

foreach (string file in Directory.EnumerateFiles(site).Order(StringComparer.Ordinal))
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(file).Length / 1024.0,10:N0} KB  {Path.GetFileName(file)}"));
Console.WriteLine($"The site is in {Path.GetFullPath(site)}. Look at it with any file server: python3 -m http.server --directory {site}");
return 0;

static bool TryRead(string[] args, out string modelPath, out string site)
{
    (modelPath, site) = (Path.Combine(AppContext.BaseDirectory, "models", "eurosat-best.zip"), "site");
    for (int i = 0; i < args.Length; i += 2)
    {
        if (i + 1 == args.Length || args[i] is not ("--model" or "--out"))
            return false;
        if (args[i] == "--model")
            modelPath = args[i + 1];
        else
            site = args[i + 1];
    }

    return true;
}

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
