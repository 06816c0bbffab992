using Microsoft.ML;
using Microsoft.ML.Data;

namespace Experiments;

/// <summary>Which classes share certified label sets: what a relaxed guarantee leaves open, counted.</summary>
internal sealed class SharedSets
{
    private readonly int[] _rows;
    private readonly int[,] _counts;

    /// <summary>Counts the rows of <paramref name="scored"/>, of which <c>CertifiedLabels</c> is read.</summary>
    public SharedSets(MLContext context, IDataView scored)
    {
        var column = scored.Schema["CertifiedLabels"];
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.Annotations.GetValue("KeyValues", ref names);
        Classes = [.. names.DenseValues().Select(name => name.ToString())];
        var index = Classes.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        (_rows, _counts) = (new int[Classes.Count], new int[Classes.Count, Classes.Count]);

        var named = context.Transforms.Conversion.MapKeyToValue("LabelName", "Label").Fit(scored).Transform(scored);
        foreach (var row in context.Data.CreateEnumerable<Row>(named, reuseRowObject: true))
        {
            if (row.LabelName is null || !index.TryGetValue(row.LabelName, out int label))
                continue;
            _rows[label]++;
            foreach (uint key in row.CertifiedLabels ?? [])
                _counts[label, key - 1]++;
        }
    }

    public IReadOnlyList<string> Classes { get; }

    /// <summary>The share of the images of class <paramref name="label"/> whose certified set holds class <paramref name="other"/>.</summary>
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

        public uint[]? CertifiedLabels { get; set; }
    }
}
