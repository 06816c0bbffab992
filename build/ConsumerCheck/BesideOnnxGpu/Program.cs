using System;
using System.Linq;
using Microsoft.ML;
using Microsoft.ML.Gloro;
using Microsoft.ML.OnnxRuntime;

string[] providers = OrtEnv.Instance().GetAvailableProviders();
Console.WriteLine($"providers: {string.Join(", ", providers)}");
if (!providers.Contains("CUDAExecutionProvider"))
    throw new InvalidOperationException("ONNX Runtime's GPU build was replaced.");

var mlContext = new MLContext(seed: 1);
var catalog = new GloroCatalog(mlContext);
var saved = mlContext.Model.Load(Environment.GetEnvironmentVariable("GLORO_CHECK_MODEL") ?? "model.zip", out _);
var model = catalog.WithArithmetic(saved, CertificateArithmetic.Real);
var cpu = Predict(catalog.WithScoringOptions(model, executionProvider: "CPU"));
Console.WriteLine($"scored on the CPU: certified within {cpu:F4}");
try
{
    float gpu = Predict(catalog.WithScoringOptions(model, executionProvider: "CUDA"));
    if (Math.Abs(gpu - cpu) > 1e-3)
        throw new NotSupportedException($"The radius is {gpu} on the GPU, {cpu} on the CPU.");
    Console.WriteLine($"on CUDA: certified within {gpu:F4}");
}
catch (InvalidOperationException e)
{
    Console.WriteLine("on CUDA: " + e.Message.Split('\n')[0]); // No GPU here, or no CUDA.
}

float Predict(ITransformer transformer) =>
    mlContext.Model.CreatePredictionEngine<Point, Certified>(transformer, new PredictionEngineOptions { OwnsTransformer = false })
        .Predict(new Point { Features = [2.5f, 0.5f] }).CertifiedRadius;

public sealed class Certified
{
    public float CertifiedRadius { get; set; }
}
