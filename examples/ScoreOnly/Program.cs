// It uses only ML.NET and the names of columns: no type of the library, no registration, and no libtorch in its output folder.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Examples;
using Microsoft.ML;
using ScoreOnly;

string quickstart = Path.Combine("artifacts", "quickstart");
var example = new Example(
    "Loads a model that another process trained and prints certified label sets.",
    "--model artifacts/quickstart/model.zip --data artifacts/quickstart/test");
Option<string> modelFile = example.Optional("--model", "FILE", "The saved model", Path.Combine(quickstart, "model.zip"));
Option<string> dataFolder = example.Optional("--data", "FOLDER", "Images, also in folders inside it", Path.Combine(quickstart, "test"));
Option<string?> columnsFile = example.Open<string?>("--columns", "FILE", "Write all columns there as text", "none");

return example.Run(args, (given, _) =>
{
    string modelPath = given.GetRequiredValue(modelFile), folder = Path.GetFullPath(given.GetRequiredValue(dataFolder));
    if (!File.Exists(modelPath) || !Directory.Exists(folder))
    {
        throw new FileNotFoundException(
            $"There is no model {modelPath} or no folder {folder}. Run examples/Quickstart first, or name others.");
    }


    ImageRow[] rows =
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG")
            .Order(StringComparer.Ordinal)
            .Select(file => new ImageRow { ImagePath = file, Label = Path.GetFileName(Path.GetDirectoryName(file)) ?? "" }),
    ];
    var clock = Stopwatch.StartNew();
    var mlContext = new MLContext();
    ITransformer model = SavedModel.Load(mlContext, modelPath);
    Console.WriteLine($"Loaded {modelPath} in {clock.ElapsedMilliseconds} ms.");
    IDataView scored;
    try
    {
        scored = model.Transform(mlContext.Data.LoadFromEnumerable(rows));
    }
    catch (Exception e) when (e is ArgumentException or InvalidOperationException)
    {
        throw new FormatException($"{modelPath} is not a model of image files: {e.GetBaseException().Message}", e);
    }

    if (given.GetValue(columnsFile) is { } columnsPath)
    {
        using var file = File.Create(columnsPath);
        string[] columns =
        [
            "ImagePath", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK",
            "CertifiedLabels", "LoosestK", "ReachableLabels", "CertifiedGroup",
        ];
        IDataView selected = mlContext.Transforms.SelectColumns(columns).Fit(scored).Transform(scored);
        mlContext.Data.SaveAsText(selected, file, headerRow: false, schema: false);
    }

    IDataView named = mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel")
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedNames", "CertifiedLabels"))
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("ReachableNames", "ReachableLabels"))
        .Fit(scored).Transform(scored);

    clock.Restart();
    int shown = 0, certified = 0;
    foreach (var row in mlContext.Data.CreateEnumerable<ScoredRow>(named, reuseRowObject: true))
    {
        certified += row.IsCertified ? 1 : 0;
        if (shown++ % Math.Max(1, rows.Length / 20) != 0)
            continue;
        string also = row.LoosestK > row.CertifiedK ? $", and a set of {row.LoosestK}" : "";
        string what = row.IsCertified
            ? $"proved: {{{string.Join(", ", row.CertifiedNames)}}} within {Down(row.CertifiedRadius)}{also}"
            : $"not proved; could be {string.Join(", ", row.ReachableNames)}";
        Console.WriteLine($"  {Path.GetRelativePath(folder, row.ImagePath),-28} {row.PredictedName,-14} {what}");
    }

    double rate = rows.Length / clock.Elapsed.TotalSeconds;
    Console.WriteLine($"{rows.Length} images, {certified} with a certificate, {rate:F0} images a second.");
    return Example.Succeeded;
});

// A radius is rounded down: the number that is shown must be proved too.
static string Down(float radius) => (Math.Floor(radius * 1000.0) / 1000).ToString("F3", CultureInfo.InvariantCulture);
