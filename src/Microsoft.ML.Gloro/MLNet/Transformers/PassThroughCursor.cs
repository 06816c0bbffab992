using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>A cursor over scored rows that are asked for no result: the source's cursor, under the wider schema.</summary>
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
