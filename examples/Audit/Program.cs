using System.CommandLine;
using System.Diagnostics;
using Examples;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var example = new Example(
    "Tries to break the certificates of a saved model of images, and says what it costs to cover the rounding of its scores.",
    "--model examples/EuroSat/models/eurosat-best.zip --data FOLDER/test --rows 500");
var defaults = new GloroAuditOptions();
Option<string> modelPath = example.Required("--model", "FILE", "The saved model");
Option<string> dataFolder = example.Required("--data", "FOLDER", "Class folders of images");
Option<RobustnessGuarantee?> guarantee = ImageOptions.Guarantee(example);
Option<float?> epsilon = ImageOptions.Epsilon(example);
Option<CertificateArithmetic?> arithmetic = example.Open<CertificateArithmetic?>(
    "--arithmetic", "Float64|Real", "The arithmetic of the scores that are attacked", "the model's",
    text => Enum.Parse<CertificateArithmetic>(text, ignoreCase: true));
Option<int> rowCount = example.Optional("--rows", "N", "Images to attack, chosen evenly", defaults.MaxRows);
Option<int> steps = example.Optional("--steps", "N", "Gradient steps of an attack", defaults.Steps);
Option<int> restarts = example.Optional("--restarts", "N", "Starts of an attack", defaults.Restarts);
Option<int> boundaryRows = example.Optional(
    "--boundary-rows", "N", "Images from which a boundary is walked to and attacked by last bits", defaults.BoundaryRows);
Option<TimeSpan?> timeBudget = example.Open<TimeSpan?>(
    "--time-budget", "MINUTES", "About how long attacks may take", "no limit", text => Example.Minutes(text));

return example.Run(args, (given, stop) =>
{
    var mlContext = new MLContext(seed: 1);
    IReadOnlyList<ImageRow> rows = ImageRow.ReadFolders(given.GetRequiredValue(dataFolder));
    ITransformer model = ImageModel.LoadForFiles(mlContext, given.GetRequiredValue(modelPath));

    foreach (var one in Enum.GetValues<CertificateArithmetic>())
    {
        var clock = Stopwatch.StartNew();
        ITransformer scorer = mlContext.Gloro.WithArithmetic(model, one);
        GloroMetrics metrics = LiveBar.Reading($"Scoring in {one}", rows, read =>
        {
            IDataView scored = scorer.Transform(mlContext.Data.LoadFromEnumerable(read));
            return mlContext.Gloro.Evaluate(scored, guarantee: given.GetValue(guarantee), epsilon: given.GetValue(epsilon));
        }, stop);
        double radius = Math.Floor(metrics.AverageCertifiedRadius * 1e6) / 1e6; // never rounded up
        Show.Line($"{one,-8} {metrics.Guarantee}: VRA {metrics.VerifiedRobustAccuracy:F4}, mean radius {radius:F6}, "
            + $"{rows.Count} images in {clock.Elapsed.TotalSeconds:F1} s");
    }

    if (given.GetValue(guarantee) is { } asked)
        model = mlContext.Gloro.WithGuarantee(model, asked, given.GetValue(epsilon));
    if (given.GetValue(arithmetic) is { } chosen)
        model = mlContext.Gloro.WithArithmetic(model, chosen);

    var bar = LiveBar.Audit();
    var options = new GloroAuditOptions
    {
        MaxRows = given.GetValue(rowCount),
        Steps = given.GetValue(steps),
        Restarts = given.GetValue(restarts),
        BoundaryRows = given.GetValue(boundaryRows),
        TimeBudget = given.GetValue(timeBudget),
        Progress = bar,
        CancellationToken = stop,
    };
    try
    {
        Show.Line($"{bar.Run(() => mlContext.Gloro.Audit(model, mlContext.Data.LoadFromEnumerable(rows), options))}");
        return Example.Succeeded;
    }
    catch (GloroBrokenCertificateException e)
    {
        Console.Error.WriteLine(e.Message);
        return Example.Failed;
    }
});
