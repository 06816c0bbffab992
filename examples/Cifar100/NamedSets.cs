using Examples;
using Microsoft.ML;
using Microsoft.ML.Gloro;

namespace Cifar100;

/// <summary>Prints what superclass affinity proves of a few images, with the names of the superclasses.</summary>
internal static class NamedSets
{
    private const int Groups = 5, Images = 500, Lines = 8;

    /// <param name="mlContext">Scores the images.</param>
    /// <param name="model">The model, under any guarantee.</param>
    /// <param name="test">The test images.</param>
    /// <param name="all">All of them, scored.</param>
    /// <param name="superclasses">Affinity with the superclasses as named sets.</param>
    public static void Print(MLContext mlContext, ITransformer model, IDataView test, IDataView all, RobustnessGuarantee superclasses)
    {
        GloroMetrics metrics = mlContext.Gloro.Evaluate(all, guarantee: superclasses);
        Show.Line($"A superclass is the name of the certified set of {metrics.GroupFraction:P1} of all test images, most often:");
        foreach (GloroGroupMetrics group in metrics.PerGroup.OrderByDescending(group => group.RowCount).Take(Groups))
            Show.Line($"  {group}");

        // Not disposed: it shares the model's network.
        ITransformer named = mlContext.Gloro.WithGuarantee(model, superclasses);
        IDataView scored = named.Transform(mlContext.Data.TakeRows(test, Images));
        scored = mlContext.Transforms.Conversion.MapKeyToValue("Label")
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("CertifiedLabels")).Fit(scored).Transform(scored);
        Row[] rows = [.. mlContext.Data.CreateEnumerable<Row>(scored, reuseRowObject: false)];
        int one = rows.Count(row => row.CertifiedLabels.Length == 1), groups = rows.Count(row => row.CertifiedLabels.Length > 1);
        Show.Line($"Of the first {rows.Length} test images, {one} are certified as one class, {groups} as a superclass:");
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
