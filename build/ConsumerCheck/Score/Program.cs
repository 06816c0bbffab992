using System;
using System.Linq;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

var mlContext = new MLContext(seed: 1);
var model = mlContext.Model.Load(Environment.GetEnvironmentVariable("GLORO_CHECK_MODEL") ?? "model.zip", out _);
var engine = mlContext.Model.CreatePredictionEngine<Point, Certified>(model);
var answer = engine.Predict(new Point { Features = new[] { 2.5f, 0.5f } });
if (!answer.IsCertified || !answer.CertifiedLabels.SequenceEqual(new uint[] { 1 }))
    throw new InvalidOperationException($"A point in the middle of the first cluster is not certified: radius {answer.CertifiedRadius}, "
        + $"labels {string.Join(",", answer.CertifiedLabels)}.");
Console.WriteLine($"scored: radius {answer.CertifiedRadius:F3} on {RuntimeInformation.FrameworkDescription}");

// ML.NET calls GetTypes when it loads a model.
Console.WriteLine($"types: {typeof(GloroCatalog).Assembly.GetTypes().Length} of them load");

// What is missing is named, in one exception.
try
{
    var real = new GloroCatalog(mlContext).WithArithmetic(model, CertificateArithmetic.Real);
    mlContext.Model.CreatePredictionEngine<Point, Certified>(real).Predict(new Point());
    Console.WriteLine("a native ONNX Runtime was found where none should be");
    return 1;
}
catch (DllNotFoundException e)
{
    Console.WriteLine("refused: " + e.Message);
}

try
{
    var rows = mlContext.Data.LoadFromEnumerable(new[] { new Point { Label = "east" } });
    new GloroCatalog(mlContext).Audit(model, rows);
    return 1;
}
catch (DllNotFoundException e)
{
    Console.WriteLine("refused: " + e.Message);
}

try
{
    var data = mlContext.Data.LoadFromEnumerable(new[] { new Point { Label = "a" }, new Point { Label = "b" } });
    mlContext.Transforms.Conversion.MapValueToKey("Label").Append(new GloroCatalog(mlContext).MulticlassClassification()).Fit(data);
    Console.WriteLine("libtorch was found where none should be");
    return 1;
}
catch (DllNotFoundException e)
{
    Console.WriteLine("refused: " + e.Message);
    return 0;
}

public sealed class Point
{
    public string Label { get; set; } = "";

    [VectorType(2)]
    public float[] Features { get; set; } = new float[2];
}

public sealed class Certified
{
    public bool IsCertified { get; set; }

    public float CertifiedRadius { get; set; }

    public uint[] CertifiedLabels { get; set; } = Array.Empty<uint>();
}
