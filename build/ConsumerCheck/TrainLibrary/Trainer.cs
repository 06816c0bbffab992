using System;
using System.Linq;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

public sealed class Point
{
    public string Label { get; set; } = "";

    [VectorType(2)]
    public float[] Features { get; set; } = [];
}

/// <summary>Written in the C# of .NET 8, which has no extension properties.</summary>
public static class Trainer
{
    /// <summary>
    /// Trains on three clusters of points and saves the model: a pipeline with the trainer between transforms of ML.NET's own.
    /// </summary>
    public static GloroMetrics Train(string modelPath)
    {
        var random = new Random(1);
        var points = Enumerable.Range(0, 300).Select(i => new Point
        {
            Label = new[] { "east", "north", "west" }[i % 3],
            Features = [2 - (2 * (i % 3)) + random.NextSingle(), (i % 3 == 1 ? 2 : 0) + random.NextSingle()],
        }).ToArray();

        var mlContext = new MLContext(seed: 1);
        var data = mlContext.Data.LoadFromEnumerable(points);
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.Transforms.Concatenate("Inputs", "Features"))
            .Append(new GloroCatalog(mlContext).MulticlassClassification(new GloroMulticlassClassificationOptions
            {
                FeatureColumnName = "Inputs",
                Epochs = 20,
                BatchSize = 32,
                LearningRate = 1e-2,
                Width = 16,
                Depth = 1,
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedNames", "CertifiedLabels"));
        var model = pipeline.Fit(data);
        mlContext.Model.Save(model, data.Schema, modelPath);
        return new GloroCatalog(mlContext).Evaluate(model.Transform(data));
    }
}
