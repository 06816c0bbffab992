using Microsoft.ML.Data;

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
            // The caller gets none of them and so cannot dispose them. Wrappers hold nothing else yet.
            foreach (var cursor in cursors)
                cursor.Dispose();
            throw;
        }
    }
}

/// <summary>A cursor that is asked for no output column: the source's cursor under the wider schema. Nothing is scored.</summary>
internal sealed class PassThroughCursor(ScoringSchema schema, DataViewRowCursor input, bool[] active) : DataViewRowCursor
{
    public override DataViewSchema Schema => schema.Output;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => active[column.Index]
        ? input.GetGetter<TValue>(schema.Input[column.Index])
        : throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made.");

    public override bool MoveNext() => input.MoveNext();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
