// Loads a model that another process trained and prints certified label sets. It uses only ML.NET and the names of columns: no type of the
// library, no registration, and no libtorch in its output folder.
using System.Diagnostics;
using System.Globalization;
using Examples;
using Microsoft.ML;
using ScoreOnly;

if (args.Contains("--help") || args.Length > 3)
{
    Console.Error.WriteLine("usage: ScoreOnly [model.zip] [folder of images, also in sub-folders] [file for all columns as text]");
    return 2;
}

string modelPath = args.ElementAtOrDefault(0) ?? Path.Combine("artifacts", "quickstart", "model.zip");
string folder = Path.GetFullPath(args.ElementAtOrDefault(1) ?? Path.Combine("artifacts", "quickstart", "test"));
if (!File.Exists(modelPath) || !Directory.Exists(folder))
{
    Console.Error.WriteLine($"There is no model {modelPath} or no folder {folder}. Run examples/Quickstart first, or name others.");
    return 2;
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
IDataView scored;
try
{
    ITransformer model = SavedModel.Load(mlContext, modelPath);
    Console.WriteLine($"Loaded {modelPath} in {clock.ElapsedMilliseconds} ms.");
    scored = model.Transform(mlContext.Data.LoadFromEnumerable(rows));
}
catch (Exception e) when (e is ArgumentException or FormatException or InvalidDataException or InvalidOperationException)
{
    Console.Error.WriteLine($"{modelPath} is not a model of image files: {e.GetBaseException().Message}");
    return 2;
}

if (args.ElementAtOrDefault(2) is { } columnsPath)
{
    using var file = File.Create(columnsPath);
    string[] columns =
    [
        "ImagePath", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK", "CertifiedLabels",
        "LoosestK", "ReachableLabels", "CertifiedGroup",
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
    string what = row.IsCertified
        ? $"proved: {{{string.Join(", ", row.CertifiedNames)}}} within {Down(row.CertifiedRadius)}{(row.LoosestK > row.CertifiedK ? $", and a set of {row.LoosestK}" : "")}"
        : $"not proved; could be {string.Join(", ", row.ReachableNames)}";
    Console.WriteLine($"  {Path.GetRelativePath(folder, row.ImagePath),-28} {row.PredictedName,-14} {what}");
}

Console.WriteLine($"{rows.Length} images, {certified} with a certificate, {rows.Length / clock.Elapsed.TotalSeconds:F0} images a second.");
return 0;

// A radius is rounded down: the number that is shown must be proved too.
static string Down(float radius) => (Math.Floor(radius * 1000.0) / 1000).ToString("F3", CultureInfo.InvariantCulture);
