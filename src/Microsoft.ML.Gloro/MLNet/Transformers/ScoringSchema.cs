using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>An input schema, followed by the output columns, which hide input columns of the same name, as usual in ML.NET.</summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class ScoringSchema
{
    /// <param name="model">The model.</param>
    /// <param name="input">The schema of the rows to score.</param>
    /// <param name="featureColumnName">The column that features are read from.</param>
    /// <param name="prefix">Put before the names of the output columns.</param>
    /// <exception cref="ArgumentException">There is no such column, or features of its type or size cannot be read.</exception>
    public ScoringSchema(GloroModel model, DataViewSchema input, string featureColumnName, string prefix)
    {
        Input = input;
        InputSpec = new InputSpec(model.Network.InputShape, model.IsImage);
        Feature = FeatureColumn.Find(input, featureColumnName);
        FeatureColumn.Classify(Feature, InputSpec);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        OutputColumns.AddTo(builder, model, prefix, NextScoreColumnSetId(input));
        Output = builder.ToSchema();
    }

    /// <summary>The schema of the rows to score.</summary>
    public DataViewSchema Input { get; }

    /// <summary>The schema of scored rows: the input's columns at their own index, then the output columns.</summary>
    public DataViewSchema Output { get; }

    /// <summary>The column that features are read from.</summary>
    public DataViewSchema.Column Feature { get; }

    /// <summary>What is read from it.</summary>
    public InputSpec InputSpec { get; }

    /// <summary>Which columns of <see cref="Output"/> are asked for, by index.</summary>
    /// <exception cref="ArgumentException">A column of another schema.</exception>
    public bool[] Activate(IEnumerable<DataViewSchema.Column> columns)
    {
        var active = new bool[Output.Count];
        foreach (var column in columns)
        {
            if (column.Index >= active.Length || Output[column.Index].Name != column.Name)
            {
                throw new ArgumentException(
                    $"Column '{column.Name}' (index {column.Index}) is not a column of this schema.", nameof(columns));
            }

            active[column.Index] = true;
        }

        return active;
    }

    /// <summary>Whether any output column is asked for.</summary>
    public bool AnyOutput(bool[] active) => active.AsSpan(Input.Count).Contains(true);

    /// <summary>Which output columns are asked for.</summary>
    public bool[] ActiveOutputs(bool[] active) => active[Input.Count..];

    /// <summary>The input columns that <paramref name="active"/> columns need.</summary>
    public DataViewSchema.Column[] Dependencies(bool[] active)
    {
        bool anyOutput = AnyOutput(active);
        return [.. Input.Where(c => active[c.Index] || (anyOutput && c.Index == Feature.Index))];
    }

    // One more than the largest in use, as ML.NET numbers the column sets of its own scorers.
    private static uint NextScoreColumnSetId(DataViewSchema input)
    {
        uint largest = 0;
        foreach (var column in input)
        {
            if (column.Annotations.Schema.GetColumnOrNull(OutputColumns.ScoreColumnSetIdAnnotation)?.Type is KeyDataViewType key
                && key.RawType == typeof(uint))
            {
                uint id = 0;
                column.Annotations.GetValue(OutputColumns.ScoreColumnSetIdAnnotation, ref id);
                largest = Math.Max(largest, id);
            }
        }

        return largest + 1;
    }
}
