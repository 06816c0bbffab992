using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Reads the rows to audit from a view, as the scoring cursor does.</summary>
internal sealed class RowReader
{
    private readonly IDataView _data;
    private readonly InputSpec _spec;
    private readonly DataViewSchema.Column _feature;
    private readonly DataViewSchema.Column? _label;
    private readonly LabelMap? _labels;

    /// <param name="model">The model.</param>
    /// <param name="data">The rows as the Gloro transformer gets them.</param>
    /// <param name="featureColumnName">The column of the network's input.</param>
    /// <param name="labelColumnName">The column of the label, which may be missing.</param>
    /// <param name="purpose">What the rows are needed for.</param>
    /// <exception cref="ArgumentException">The feature column is missing or cannot be read, or the label column is not a key with the
    /// model's classes.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public RowReader(GloroModel model, IDataView data, string featureColumnName, string labelColumnName, string purpose = "to audit")
    {
        (_data, _spec) = (data, new InputSpec(model.Network.InputShape, model.IsImage));
        _feature = FeatureColumn.Find(data.Schema, featureColumnName);
        FeatureColumn.Classify(_feature, _spec);
        if (ViewRows.IsEmpty(data))
            throw ViewRows.NoRows("The data", purpose);
        _label = data.Schema.GetColumnOrNull(labelColumnName);
        _labels = _label is { } column ? LabelMap.Create(column, model.ClassNames) : null;
    }

    /// <summary>The name of the label column; null without labels.</summary>
    public string? LabelColumnName => _label?.Name;

    /// <summary>How many rows there are.</summary>
    public long Count() => ViewRows.Count(_data);

    /// <summary>
    /// At most <paramref name="most"/> of <paramref name="count"/> rows, chosen evenly: number, class index and network input.
    /// </summary>
    public IEnumerable<(long Number, int Label, float[] Input)> Read(long count, int most)
    {
        DataViewSchema.Column[] needed = _label is { } column ? [_feature, column] : [_feature];
        using DataViewRowCursor cursor = _data.GetRowCursor(needed);
        FeatureReader features = FeatureReader.Create(cursor, _feature, _spec, _data);
        Func<int> label = _labels?.GetGetter(cursor) ?? (() => AuditRow.NoLabels);
        for (long row = 0; cursor.MoveNext(); row++)
        {
            // Skipped rows are not decoded.
            if (!IsChosen(row, count, most))
                continue;
            float[] input = new float[_spec.Size];
            features.Read(input);
            yield return (row, label(), input);
        }
    }

    /// <summary>The indices of those rows.</summary>
    public static IEnumerable<long> Choose(long count, int most)
    {
        for (long row = 0; row < count; row++)
        {
            if (IsChosen(row, count, most))
                yield return row;
        }
    }

    /// <summary>Describes a row, with its text columns such as a path.</summary>
    public string Describe(long number)
    {
        using DataViewRowCursor cursor = _data.GetRowCursor([]);
        var locator = new RowLocator(cursor, _data);
        for (long row = 0; cursor.MoveNext(); row++)
        {
            if (row == number)
                return locator.Describe();
        }

        return FormattableString.Invariant($"row {number}");
    }

    // One row out of every count/most.
    private static bool IsChosen(long row, long count, int most) =>
        row < count && (count <= most || (Int128)(row + 1) * most / count > (Int128)row * most / count);
}
