namespace Microsoft.ML.Gloro.Scoring;

/// <summary>A view with the output columns. Cursors that ask for none of them pass through to the source.</summary>
internal sealed class GloroDataView(GloroTransformer transformer, ScoringSchema schema, IDataView source) : IDataView
{
    public DataViewSchema Schema => schema.Output;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = schema.Activate(columnsNeeded);
        return Wrap(source.GetRowCursor(schema.Dependencies(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = schema.Activate(columnsNeeded);
        return Array.ConvertAll(source.GetRowCursorSet(schema.Dependencies(active), n, rand), cursor => Wrap(cursor, active));
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, bool[] active)
    {
        if (!schema.AnyOutput(active))
            return new PassThroughCursor(schema, cursor, active);
        try
        {
            return new BatchingCursor(transformer, schema, source, cursor, active);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }
}
