using System;
using System.IO;
using System.Linq;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;
using Microsoft.ML.TorchSharp;

// A saved Gloro model and a trainer of ML.NET's own in one pipeline, which is saved and loaded.
var mlContext = new MLContext(seed: 1);
var gloro = mlContext.Model.Load(Environment.GetEnvironmentVariable("GLORO_CHECK_MODEL") ?? "model.zip", out _);
var random = new Random(2);
var points = Enumerable.Range(0, 90).Select(i => new Point
{
    Label = new[] { "east", "north", "west" }[i % 3],
    Features = [2 - (2 * (i % 3)) + random.NextSingle(), (i % 3 == 1 ? 2 : 0) + random.NextSingle()],
}).ToArray();
var data = mlContext.Data.LoadFromEnumerable(points);
var trainer = mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", "Logits");
var chain = new TransformerChain<ITransformer>(gloro, trainer.Fit(gloro.Transform(data)));
string file = Path.GetTempFileName();
mlContext.Model.Save(chain, data.Schema, file);
var engine = mlContext.Model.CreatePredictionEngine<Point, Certified>(mlContext.Model.Load(file, out _));
var answer = engine.Predict(new Point { Features = [2.5f, 0.5f] });
if (answer.PredictedLabel != 1 || !answer.CertifiedNames.SequenceEqual(["east"]))
    throw new InvalidOperationException($"Class {answer.PredictedLabel}, certified {{{string.Join(",", answer.CertifiedNames)}}}.");
Console.WriteLine($"scored: class {answer.PredictedLabel}, certified within {answer.CertifiedRadius:F3}");

// The trainers of Microsoft.ML.TorchSharp are at hand; they download their models when they are fitted.
_ = mlContext.MulticlassClassification.Trainers.TextClassification();

try
{
    Console.WriteLine($"trained: VRA {Trainer.Train(file).VerifiedRobustAccuracy:F3}");
}
catch (DllNotFoundException e)
{
    Console.WriteLine("refused: " + e.Message);
}

public sealed class Certified
{
    public uint PredictedLabel { get; set; }

    public float CertifiedRadius { get; set; }

    public string[] CertifiedNames { get; set; } = [];
}
