using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

namespace Cifar100;

/// <summary>Prints what superclass affinity proves of a few images, with the names of the superclasses.</summary>
internal static class NamedSets
{
    private const int Images = 500, Lines = 8;

    /// <param name="mlContext">Scores the images.</param>
    /// <param name="model">The model, under any guarantee.</param>
    /// <param name="test">The test images.</param>
    /// <param name="superclasses">The superclasses as affinity sets with names.</param>
    public static void Print(MLContext mlContext, ITransformer model, IDataView test, AffinitySets superclasses)
    {
        // Not disposed: it shares the model's network.
        ITransformer named = mlContext.Gloro.WithGuarantee(model, RobustnessGuarantee.Affinity(superclasses));
        IDataView scored = named.Transform(mlContext.Data.TakeRows(test, Images));
        scored = mlContext.Transforms.Conversion.MapKeyToValue("Label")
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedLabels")).Fit(scored).Transform(scored);
        Row[] rows = [.. mlContext.Data.CreateEnumerable<Row>(scored, reuseRowObject: false)];
        int one = rows.Count(row => row.CertifiedLabels.Length == 1), group = rows.Count(row => row.CertifiedLabels.Length > 1);
        Show.Line($"Of the first {rows.Length} test images, {one} are certified as one class, {group} more as a superclass:");
        Show.Table(
            ["label", "certified", "as", "within"],
            rows.Where(row => row.CertifiedLabels.Length > 1).Take(Lines).Select(row => new[]
            {
                row.Label, string.Join(", ", row.CertifiedLabels), row.CertifiedGroup, Show.Radius(row.CertifiedRadius),
            }));
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public string[] CertifiedLabels { get; set; } = [];

        public string CertifiedGroup { get; set; } = "";

        public float CertifiedRadius { get; set; }
    }
}
