namespace Microsoft.ML.Gloro.MLNet;

/// <summary>A view with the output columns. Cursors that ask for none of them pass through to the source.</summary>
internal abstract class GloroDataView(GloroTransformer transformer, ScoringSchema schema, IDataView source) : IDataView
{
    public DataViewSchema Schema => schema.Output;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = schema.Activate(columnsNeeded);
        return Wrap([source.GetRowCursor(schema.Dependencies(active), rand)], active)[0];
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        bool[] active = schema.Activate(columnsNeeded);
        return Wrap(source.GetRowCursorSet(schema.Dependencies(active), n, rand), active);
    }

    private DataViewRowCursor[] Wrap(DataViewRowCursor[] cursors, bool[] active)
    {
        var wrapped = new DataViewRowCursor[cursors.Length];
        try
        {
            for (int i = 0; i < cursors.Length; i++)
            {
                wrapped[i] = schema.AnyOutput(active)
                    ? new BatchingCursor(transformer, schema, source, cursors[i], active)
                    : new PassThroughCursor(schema, cursors[i], active);
            }

            return wrapped;
        }
        catch
        {
            // None of them reaches the caller, who could not dispose them; those that are wrapped hold nothing else yet.
            foreach (var cursor in cursors)
                cursor.Dispose();
            throw;
        }
    }
}
