// Writes a report of what is proved: of a saved model and a folder of images, or of tiles that it draws itself.
using System.Diagnostics;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Report;

Arguments arguments;
IReadOnlyList<ImageRow> rows = [];
ITransformer? model = null, other = null;
var mlContext = new MLContext(seed: 1);
try
{
    arguments = Arguments.Parse(args);
    if (arguments.Data is { } data)
        rows = ImageRow.ReadFolders(data);
    if (arguments.Model is { } path)
        model = ImageModel.Load(mlContext, path, out _);
    if (arguments.Other is { } otherPath)
        other = ImageModel.Load(mlContext, otherPath, out _);
}
catch (Exception e) when (e is FormatException or ArgumentException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{e.Message}{Environment.NewLine}{Environment.NewLine}{Arguments.Usage}");
    return 2;
}

string folder = Path.GetDirectoryName(Path.GetFullPath(arguments.Out))!;
Directory.CreateDirectory(folder);
var clock = Stopwatch.StartNew();
IDataView test;
if (model is null)
{
    Console.WriteLine("Drawing tiles, and training on them for a moment");
    (model, test) = Own.Tiles(mlContext, folder, arguments.Short);
    AffinitySets sets = AffinitySets.Parse("Highway+River,Field+Meadow+Pasture,Industrial+Residential");
    arguments.Options.Guarantees = [RobustnessGuarantee.Affinity(sets)];
    (ITransformer bands, IDataView points) = Own.Bands(mlContext, arguments.Short);
    string regions = Path.Combine(folder, "regions.svg");
    File.WriteAllText(regions, mlContext.Gloro.DrawDecisionRegions(bands, points));
    Console.WriteLine($"Decision regions of a model of two features: {regions}");
}
else
{
    test = mlContext.Data.LoadFromEnumerable(rows);
}

if (arguments.Audit > 0)
{
    Console.WriteLine($"Attacking {arguments.Audit} images");
    arguments.Options.Audit = mlContext.Gloro.Audit(model, test, new() { MaxRows = arguments.Audit });
}

// Another model scores the same rows; both sides of the comparison are read in step.
if (other is not null)
{
    string? name = Path.GetFileNameWithoutExtension(arguments.Other), ownName = Path.GetFileNameWithoutExtension(arguments.Model);
    arguments.Options.CompareWith = name == ownName ? new() { Scored = other.Transform(test) }
        : new() { Scored = other.Transform(test), Name = name, ReportName = ownName };
}

// Rows are scored once, as the report reads them.
arguments.Options.Model = model;
arguments.Options.DataName ??= arguments.Data is { } of ? new DirectoryInfo(of).Name : "tiles, drawn by the example";
GloroReport report = mlContext.Gloro.Report(model.Transform(test), arguments.Options);
report.Save(arguments.Out);
Console.WriteLine(report);
Console.WriteLine();
long kilobytes = new FileInfo(arguments.Out).Length / 1024;
Console.WriteLine($"{Path.GetFullPath(arguments.Out)}: {kilobytes} KB in {clock.Elapsed.TotalSeconds:F1} s.");
return 0;
