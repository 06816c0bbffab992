// Tries to break the certificates of a saved model, and says what it costs to cover the rounding of its scores.
using System.Diagnostics;
using Audit;
using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Gloro;

Arguments arguments;
IReadOnlyList<ImageRow> rows;
var mlContext = new MLContext(seed: 1);
ITransformer model;
try
{
    arguments = Arguments.Parse(args);
    rows = ImageRow.ReadFolders(arguments.Data);
    model = ImageModel.Load(mlContext, arguments.Model, out _);
}
catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"{e.Message}{Environment.NewLine}{Environment.NewLine}{Arguments.Usage}");
    return 2;
}

IDataView data = mlContext.Data.LoadFromEnumerable(rows);
foreach (var arithmetic in Enum.GetValues<CertificateArithmetic>())
{
    var clock = Stopwatch.StartNew();
    IDataView scored = mlContext.Gloro.WithArithmetic(model, arithmetic).Transform(data);
    GloroMetrics metrics = mlContext.Gloro.Evaluate(scored, guarantee: arguments.Guarantee, epsilon: arguments.Epsilon);
    double radius = Math.Floor(metrics.AverageCertifiedRadius * 1e6) / 1e6; // never rounded up
    Console.WriteLine($"{arithmetic,-8} {metrics.Guarantee}: VRA {metrics.VerifiedRobustAccuracy:F4}, mean radius {radius:F6}, "
        + $"{rows.Count} images in {clock.Elapsed.TotalSeconds:F1} s");
}

if (arguments.Guarantee is { } guarantee)
    model = mlContext.Gloro.WithGuarantee(model, guarantee, arguments.Epsilon);
if (arguments.Arithmetic is { } chosen)
    model = mlContext.Gloro.WithArithmetic(model, chosen);

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
mlContext.Log += (_, e) =>
{
    if (e.Source.StartsWith("Gloro", StringComparison.Ordinal))
        Console.WriteLine(e.RawMessage);
};
arguments.Options.CancellationToken = stop.Token;
try
{
    Console.WriteLine(mlContext.Gloro.Audit(model, data, arguments.Options));
    return 0;
}
catch (GloroBrokenCertificateException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped.");
    return 3;
}
