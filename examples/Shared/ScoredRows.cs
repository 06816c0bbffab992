using Microsoft.ML;

namespace Experiments;

/// <summary>Scored rows that are scored only once, however often they are read.</summary>
internal static class ScoredRows
{
    private static readonly string[] s_columns =
    [
        "Label", "ImagePath", "PredictedLabel", "Score", "Logits", "TopKRadii", "CertifiedRadius", "IsCertified", "CertifiedK",
        "CertifiedLabels", "LoosestK", "ReachableLabels", "CertifiedGroup",
    ];

    /// <summary>The labels and the trainer's columns, kept in memory. The images are not kept.</summary>
    public static IDataView Keep(MLContext context, IDataView scored)
    {
        string[] names = [.. s_columns.Where(name => scored.Schema.GetColumnOrNull(name) is not null)];

        // All columns at once: a cache that fills them as they are asked for would score the rows again for every new one.
        return context.Data.Cache(context.Transforms.SelectColumns(names).Fit(scored).Transform(scored), names);
    }

    /// <summary>Writes all columns as text, a line a row.</summary>
    public static void WriteText(MLContext context, IDataView scored, string path)
    {
        using var file = File.Create(path);
        context.Data.SaveAsText(scored, file, headerRow: false, schema: false);
    }
}
