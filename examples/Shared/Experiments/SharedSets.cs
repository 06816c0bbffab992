using Microsoft.ML;
using Microsoft.ML.Data;

namespace Experiments;

/// <summary>Which classes share certified label sets: what RTK leaves open, counted.</summary>
internal sealed class SharedSets
{
    private readonly int[] _rows;
    private readonly int[,] _counts;

    /// <summary>
    /// Counts the loosest sets of at most <paramref name="largest"/> classes that are certified at <paramref name="epsilon"/>. Only the
    /// radii count, not the guarantee that the rows were scored under.
    /// </summary>
    /// <param name="context">Reads the rows.</param>
    /// <param name="scored">Scored rows, of which <c>Logits</c> and <c>TopKRadii</c> are read.</param>
    /// <param name="largest">K, no more than there are radii.</param>
    /// <param name="epsilon">The L2 radius.</param>
    /// <param name="rename">What a class is called here.</param>
    public SharedSets(MLContext context, IDataView scored, int largest, float epsilon, Func<string, string> rename)
    {
        var column = scored.Schema["CertifiedLabels"];
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.Annotations.GetValue("KeyValues", ref names);
        string[] classes = [.. names.DenseValues().Select(name => name.ToString())];
        Classes = [.. classes.Select(rename)];
        var index = classes.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        (_rows, _counts) = (new int[Classes.Count], new int[Classes.Count, Classes.Count]);

        var named = context.Transforms.Conversion.MapKeyToValue("LabelName", "Label").Fit(scored).Transform(scored);
        foreach (var row in context.Data.CreateEnumerable<Row>(named, reuseRowObject: true))
        {
            if (row.LabelName is null || !index.TryGetValue(row.LabelName, out int label))
                continue;
            _rows[label]++;
            int k = Array.FindLastIndex(row.TopKRadii, largest - 1, radius => radius > epsilon) + 1;
            foreach (int other in Enumerable.Range(0, row.Logits.Length).OrderByDescending(i => row.Logits[i]).Take(k))
                _counts[label, other]++;
        }
    }

    public IReadOnlyList<string> Classes { get; }

    /// <summary>The share of the images of class <paramref name="label"/> whose loosest set holds class <paramref name="other"/>.</summary>
    public double Share(int label, int other) => _rows[label] == 0 ? 0 : (double)_counts[label, other] / _rows[label];

    /// <summary>The pairs of classes that are most often in one set, by the mean of both shares.</summary>
    public IEnumerable<(string First, string Second, double Share)> Pairs() =>
        from i in Enumerable.Range(0, Classes.Count)
        from j in Enumerable.Range(i + 1, Classes.Count - i - 1)
        let share = (Share(i, j) + Share(j, i)) / 2
        orderby share descending
        select (Classes[i], Classes[j], share);

    private sealed class Row
    {
        public string? LabelName { get; set; }

        public float[] Logits { get; set; } = [];

        public float[] TopKRadii { get; set; } = [];
    }
}
