using System.CommandLine;
using System.Diagnostics;
using Examples;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Report;

var example = new Example(
    "Writes a report of what is proved, one HTML file: of a saved model and a folder of images, or of tiles that it draws itself.",
    "--model examples/EuroSat/models/eurosat-best.zip --data FOLDER/test --guarantee rtk:3") { Example.Short };
Option<string?> modelPath = example.Open<string?>("--model", "FILE", "The saved model", "a new one, of drawn tiles");
Option<string?> dataFolder = example.Open<string?>("--data", "FOLDER", "Class folders of images", "drawn tiles");
Option<string> outPath = example.Optional("--out", "FILE", "The report", Path.Combine("artifacts", "report", "report.html"));
Option<string> title = example.Optional("--title", "TEXT", "What stands at its top", new GloroReportOptions().Title);
Option<RobustnessGuarantee?> guarantee = ImageOptions.Guarantee(example);
Option<float?> epsilon = ImageOptions.Epsilon(example);
Option<AffinitySets?> affinity = example.Open<AffinitySets?>(
    "--affinity", "SETS", "Affinity sets to compare, such as Highway+River,Forest+Pasture", "none", AffinitySets.Parse);
Option<string?> compare = example.Open<string?>(
    "--compare", "TEXT", "Another model file, or another guarantee such as rtk:3, to compare side by side", "none");
Option<string?> dataName = example.Open<string?>(
    "--data-name", "TEXT", "What the data is, for the report's last section", "the folder's name");
Option<int> auditRows = example.Optional("--audit", "N", "Attack so many images too, and put into the report what came of it", 0);
example.Validators.Add(given =>
{
    if ((given.GetValue(modelPath) is null) != (given.GetValue(dataFolder) is null))
        given.AddError("--model and --data go together.");
});

return example.Run(args, (given, stop) =>
{
    bool isShort = given.GetValue(Example.Short);
    string path = Path.GetFullPath(given.GetRequiredValue(outPath)), folder = Path.GetDirectoryName(path)!;
    var mlContext = new MLContext(seed: 1);
    var options = new GloroReportOptions
    {
        Title = given.GetRequiredValue(title),
        Guarantee = given.GetValue(guarantee),
        Epsilon = given.GetValue(epsilon),
        DataName = given.GetValue(dataName),
        CancellationToken = stop,
    };
    if (given.GetValue(affinity) is { } sets)
        options.Guarantees = [RobustnessGuarantee.Affinity(sets)];

    IReadOnlyList<ImageRow> rows;
    var clock = Stopwatch.StartNew();
    if (given.GetValue(modelPath) is { } file)
    {
        rows = ImageRow.ReadFolders(given.GetRequiredValue(dataFolder)!);
        options.Model = ImageModel.LoadForFiles(mlContext, file);
        options.DataName ??= new DirectoryInfo(given.GetRequiredValue(dataFolder)!).Name;
        Directory.CreateDirectory(folder);
    }
    else
    {
        options.DataName ??= "tiles, drawn by the example";
        Show.Line("Drawing tiles, and training on them for a moment");
        (options.Model, rows) = Own.Tiles(mlContext, folder, isShort, stop);
        options.Guarantees = [RobustnessGuarantee.Parse("affinity:Highway+River,Field+Meadow+Pasture,Industrial+Residential")];
        (ITransformer bands, IDataView points) = Own.Bands(mlContext, isShort, stop);
        string regions = Path.Combine(folder, "regions.svg");
        File.WriteAllText(regions, mlContext.Gloro.DrawDecisionRegions(bands, points));
        Show.Line($"Decision regions of a model of two features: {regions}");
    }

    if (given.GetValue(auditRows) is > 0 and var count)
    {
        Show.Line($"Attacking {count} images");
        var bar = LiveBar.Audit();
        var audit = new GloroAuditOptions { MaxRows = count, Progress = bar, CancellationToken = stop };
        options.Audit = bar.Run(() => mlContext.Gloro.Audit(options.Model, mlContext.Data.LoadFromEnumerable(rows), audit));
    }

    // Another model scores the same rows; both sides of the comparison are read in step.
    if (given.GetValue(compare) is { } text)
    {
        options.CompareWith = new();
        if (File.Exists(text))
        {
            options.CompareWith.Scored = ImageModel.LoadForFiles(mlContext, text).Transform(mlContext.Data.LoadFromEnumerable(rows));
            string name = Path.GetFileNameWithoutExtension(text), own = Path.GetFileNameWithoutExtension(given.GetValue(modelPath)) ?? "";
            if (name != own && own.Length > 0)
                (options.CompareWith.Name, options.CompareWith.ReportName) = (name, own);
        }
        else
        {
            options.CompareWith.Guarantee = RobustnessGuarantee.Parse(text);
        }
    }

    // Rows are scored once, as the report reads them.
    GloroReport report = LiveBar.Reading(
        "Scoring", rows, read => mlContext.Gloro.Report(options.Model.Transform(mlContext.Data.LoadFromEnumerable(read)), options), stop);
    report.Save(path);
    Show.Line($"{report}");
    Show.Line();
    Show.Line($"{path}: {new FileInfo(path).Length / 1024} KB in {clock.Elapsed.TotalSeconds:F1} s.");
    return Example.Succeeded;
});
