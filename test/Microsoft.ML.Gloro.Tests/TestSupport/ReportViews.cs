using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Views that a model scored, to report of.</summary>
internal static class ReportViews
{
    /// <summary>Random images as files, some like others, with labels that are often what the model says.</summary>
    public static (GloroTransformer Model, IDataView Scored, MLContext Context) Images(int rows, float epsilon = 0.02f)
    {
        var mlContext = new MLContext(seed: 1);
        GloroTransformer model = TestModels.Transformer(TestModels.Image(epsilon: epsilon), "Image");
        var images = Enumerable.Range(0, rows)
            .Select(i => new ImageRow { Image = TestImages.Png(TestImages.Planes(8, 6, i), 8, 6) }).ToList();
        List<TestSupport.ScoredRow> scored = TestSupport.ScoredRow.All(model.Transform(mlContext.Data.LoadFromEnumerable(images)));
        for (int i = 0; i < rows; i++)
            images[i].Label = model.ClassNames[i % 3 == 0 ? (i / 3) % model.ClassNames.Count : (int)scored[i].PredictedLabel - 1];
        IDataView data = mlContext.Data.LoadFromEnumerable(images);
        return (model, model.Transform(mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data)), mlContext);
    }

    /// <summary>Random vectors.</summary>
    public static (GloroTransformer Model, IDataView Scored, MLContext Context) Vectors(
        int rows, int inputs = 6, int classes = 5, float epsilon = 0.1f, RobustnessGuarantee? guarantee = null)
    {
        var mlContext = new MLContext(seed: 1);
        GloroModel known = TestModels.Vector(inputs, classes, guarantee, epsilon);
        GloroTransformer model = TestModels.Transformer(known);
        var random = new Random(3);
        var definition = SchemaDefinition.Create(typeof(Row));
        definition[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, inputs);
        IDataView data =
            mlContext.Data.LoadFromEnumerable(
                Enumerable.Range(0, rows).Select(i =>
                    new Row { Label = model.ClassNames[i % classes], Features = TestModels.Features(random, inputs, 2) }).ToArray(),
                    definition);
        return (model, model.Transform(mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data)), mlContext);
    }

    private sealed class ImageRow
    {
        public string Label { get; set; } = "";

        public byte[] Image { get; set; } = [];
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
