using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>A row of the smallest problem worth training on.</summary>
internal sealed class BlobRow
{
    public int Id { get; set; }

    public string Label { get; set; } = "";

    [VectorType(2)]
    public float[] Features { get; set; } = [];
}

/// <summary>What pipelines make of a <see cref="BlobRow"/>, keys turned back into names.</summary>
internal sealed class BlobPrediction
{
    public string PredictedName { get; set; } = "";

    public string[] CertifiedNames { get; set; } = [];

    public float CertifiedRadius { get; set; }

    public int CertifiedK { get; set; }
}

/// <summary>Three Gaussian clouds in the plane, far apart: an easy problem that trains in a fraction of a second.</summary>
internal static class Blobs
{
    public const float Epsilon = 0.5f;

    public static readonly string[] Names = ["left", "right", "top"];

    private static readonly float[][] s_centres = [[-4, 0], [4, 0], [0, 5]];

    /// <summary>Rows of the clouds in turn.</summary>
    public static List<BlobRow> Rows(int count = 96, int seed = 1)
    {
        var random = new Random(seed);
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return [.. Enumerable.Range(0, count).Select(i => new BlobRow
        {
            Id = i,
            Label = Names[i % 3],
            Features = [s_centres[i % 3][0] + (0.4f * Normal()), s_centres[i % 3][1] + (0.4f * Normal())],
        })];
    }

    public static IDataView View(int count = 96, int seed = 1) => new MLContext().Data.LoadFromEnumerable(Rows(count, seed));

    /// <summary>Options that learn the clouds in a moment, the same on every machine.</summary>
    public static GloroMulticlassClassificationOptions Options(int epochs = 12) => new()
    {
        Epsilon = Epsilon,
        Depth = 1,
        Width = 16,
        Epochs = epochs,
        BatchSize = 16,
        LearningRate = 0.02,
        MixedPrecision = false,
        ThreadCount = 1,
    };

    /// <summary>MapValueToKey and the trainer.</summary>
    public static EstimatorChain<GloroTransformer> Pipeline(MLContext mlContext, GloroMulticlassClassificationOptions? options = null) =>
        mlContext.Transforms.Conversion.MapValueToKey("Label").Append(mlContext.Gloro.MulticlassClassification(options ?? Options()));

    /// <summary>The trainer and names for its keys.</summary>
    public static IEstimator<ITransformer> NamingPipeline(MLContext mlContext, GloroMulticlassClassificationOptions? options = null) =>
        Pipeline(mlContext, options)
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedNames", "CertifiedLabels"));
}
