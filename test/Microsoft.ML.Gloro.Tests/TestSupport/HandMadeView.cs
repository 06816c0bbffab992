using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>Scored views made by hand: the columns and annotations of a Gloro model's output, with whatever values a test wants.</summary>
internal sealed class HandMadeView
{
    public static readonly string[] Letters = ["a", "b", "c", "d", "e", "f"];

    public MLContext MlContext { get; } = new(seed: 1);

    /// <summary>The model's classes.</summary>
    public string[] ClassNames { get; init; } = Letters;

    /// <summary>The KeyValues of the label column: the same classes in the test set's own order, perhaps with others among them.</summary>
    public string[]? LabelNames { get; init; }

    public bool LabelHasNames { get; init; } = true;

    public int? LabelCount { get; init; }

    public string Prefix { get; init; } = "";

    public float? Epsilon { get; init; } = 0.5f;

    public string? Guarantee { get; init; } = "local";

    public string[] Without { get; init; } = [];

    public List<HandMadeRow> Rows { get; init; } = [];

    /// <summary>The values of a text column ImagePath; null for no such column.</summary>
    public string[]? Paths { get; init; }

    public int RadiiCount { get; init; } = 5;

    /// <summary>How often rows were handed out, over all cursors.</summary>
    public int RowsRead { get; private set; }

    public static HandMadeView Random(int rows, int seed, string[]? labelNames = null)
    {
        var random = new Random(seed);
        var view = new HandMadeView { LabelNames = labelNames };
        int labels = (labelNames ?? Letters).Length;
        for (int i = 0; i < rows; i++)
        {
            view.Rows.Add(new()
            {
                Label = (uint)random.Next(labels) + 1,
                // Few distinct values, so that ties and repeated radii occur.
                Logits = [.. Enumerable.Range(0, Letters.Length).Select(_ => random.Next(12) / 4f)],
                Score = [.. Enumerable.Repeat(1f / Letters.Length, Letters.Length)],
                TopKRadii = [.. Enumerable.Range(0, view.RadiiCount).Select(_ => random.Next(3) == 0 ? 0 : random.Next(16) / 8f)],
            });
        }

        return view;
    }

    public IDataView Build()
    {
        string[] labelNames = LabelNames ?? ClassNames;
        var names = new VectorDataViewType(TextDataViewType.Instance, ClassNames.Length);
        var definition = SchemaDefinition.Create(typeof(HandMadeRow));
        SchemaDefinition.Column label = definition[nameof(HandMadeRow.Label)];
        label.ColumnType = new KeyDataViewType(typeof(uint), LabelCount ?? labelNames.Length);
        if (LabelHasNames)
            label.AddAnnotation("KeyValues", Texts(labelNames), new VectorDataViewType(TextDataViewType.Instance, labelNames.Length));
        SchemaDefinition.Column predicted = definition[nameof(HandMadeRow.PredictedLabel)];
        predicted.ColumnType = new KeyDataViewType(typeof(uint), ClassNames.Length);
        predicted.AddAnnotation("KeyValues", Texts(ClassNames), names);
        definition[nameof(HandMadeRow.Logits)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, ClassNames.Length);
        definition[nameof(HandMadeRow.Score)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, ClassNames.Length);
        definition[nameof(HandMadeRow.TopKRadii)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, RadiiCount);
        SchemaDefinition.Column radius = definition[nameof(HandMadeRow.CertifiedRadius)];
        if (Epsilon is { } epsilon)
            radius.AddAnnotation("GloroEpsilon", epsilon, NumberDataViewType.Single);
        if (Guarantee is { } guarantee)
            radius.AddAnnotation("GloroGuarantee", guarantee.AsMemory(), TextDataViewType.Instance);
        foreach (SchemaDefinition.Column column in definition)
        {
            if (column.MemberName is not (nameof(HandMadeRow.Label) or nameof(HandMadeRow.ImagePath)))
                column.ColumnName = Prefix + column.MemberName;
        }

        definition.RemoveAll(column => Without.Contains(column.MemberName)
            || (Paths is null && column.MemberName == nameof(HandMadeRow.ImagePath)));
        return MlContext.Data.LoadFromEnumerable(Counted(), definition);
    }

    private IEnumerable<HandMadeRow> Counted()
    {
        for (int i = 0; i < Rows.Count; i++)
        {
            HandMadeRow row = Rows[i];
            RowsRead++;
            // LoadFromEnumerable counts keys from 0 and takes what is out of range for missing; a view, and so these rows, counts them from
            // 1, and 0 is missing.
            yield return new()
            {
                Label = unchecked(row.Label - 1),
                Logits = row.Logits,
                Score = row.Score,
                TopKRadii = row.TopKRadii,
                ImagePath = Paths?[i] ?? "",
            };
        }
    }

    private static VBuffer<ReadOnlyMemory<char>> Texts(string[] names) => new(names.Length, [.. names.Select(name => name.AsMemory())]);
}

/// <summary>A row of a <see cref="HandMadeView"/>.</summary>
internal sealed class HandMadeRow
{
    /// <summary>A key as views hold it: 1 is the first class, 0 is missing.</summary>
    public uint Label { get; set; }

    public uint PredictedLabel { get; set; }

    public float[] Logits { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] TopKRadii { get; set; } = [];

    public float CertifiedRadius { get; set; }

    public string ImagePath { get; set; } = "";
}
