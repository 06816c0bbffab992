using System;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

// A whole pipeline of another process, with our transformer between ML.NET's own; and in C# 14, the same under other guarantees, without
// libtorch.
var mlContext = new MLContext(seed: 1);
ITransformer model = mlContext.Model.Load(Environment.GetEnvironmentVariable("GLORO_CHECK_MODEL") ?? "model.zip", out _);
var point = new Point { Features = [2.5f, 0.5f] };

var own = Predict(model);
Check(own is { PredictedName: "east", CertifiedNames: ["east"], CertifiedRadius: > 0.1f }, "the model's own guarantee", own);
var local = Predict(mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.Local, epsilon: own.CertifiedRadius / 2));
Check(local is { CertifiedNames: ["east"] } && local.CertifiedRadius == own.CertifiedRadius, "a smaller epsilon", local);
var far = Predict(mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.Local, epsilon: own.CertifiedRadius));
Check(far is { PredictedName: "east", CertifiedNames: [] }, "an epsilon as large as the radius", far);
var pair = Predict(mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.RelaxedTopK(2), epsilon: 0));
Check(pair is { CertifiedNames: ["east"], LoosestK: 2 } && pair.CertifiedRadius == own.CertifiedRadius, "one class and two", pair);

var metrics = mlContext.Gloro.Evaluate(model.Transform(mlContext.Data.LoadFromEnumerable([point])));
Check(metrics.VerifiedRobustAccuracy == 1, "Evaluate", own);
Console.WriteLine($"served: {own.PredictedName} within {own.CertifiedRadius:F3} on {RuntimeInformation.FrameworkDescription}");

Answer Predict(ITransformer transformer) =>
    mlContext.Model.CreatePredictionEngine<Point, Answer>(transformer, new PredictionEngineOptions { OwnsTransformer = false })
        .Predict(point);

static void Check(bool holds, string what, Answer answer)
{
    if (!holds)
        throw new InvalidOperationException(
            $"{what}: {answer.PredictedName}, {{{string.Join(",", answer.CertifiedNames)}}} within {answer.CertifiedRadius}");
}

public sealed class Point
{
    public string Label { get; set; } = "east";

    [VectorType(2)]
    public float[] Features { get; set; } = [];
}

public sealed class Answer
{
    public string PredictedName { get; set; } = "";

    public string[] CertifiedNames { get; set; } = [];

    public float CertifiedRadius { get; set; }

    public int LoosestK { get; set; }
}
