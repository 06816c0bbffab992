using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>A source that counts what is asked of it and can fail at a row. Columns: Id (Int32), Features (six Single), Other (Single).</summary>
internal sealed class ProbeDataView : IDataView
{
    private readonly int _rows;
    private int _openCursors;

    public ProbeDataView(int rows)
    {
        _rows = rows;
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Id", NumberDataViewType.Int32);
        builder.AddColumn("Features", new VectorDataViewType(NumberDataViewType.Single, 6));
        builder.AddColumn("Other", NumberDataViewType.Single);
        Schema = builder.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    /// <summary>Getter calls by column name.</summary>
    public Dictionary<string, int> Calls { get; } = new() { ["Id"] = 0, ["Features"] = 0, ["Other"] = 0 };

    /// <summary>The columns that the last cursor was asked for.</summary>
    public string Asked { get; private set; } = "";

    /// <summary>Rows that cursors moved to.</summary>
    public int Moves { get; private set; }

    /// <summary>Cursors made and not disposed.</summary>
    public int OpenCursors => _openCursors;

    /// <summary>The row whose features throw.</summary>
    public int FailAt { get; set; } = -1;

    public long? GetRowCount() => _rows;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToList();
        Asked = string.Join(",", columns.Select(c => c.Name).Order());
        return new Cursor(this, [.. columns.Select(c => c.Index)]);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    /// <summary>The features of a row.</summary>
    public static float[] FeaturesOf(long row) => TestModels.Features(new Random((int)row), 6);

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly ProbeDataView _view;
        private readonly HashSet<int> _active;
        private long _position = -1;

        public Cursor(ProbeDataView view, HashSet<int> active)
        {
            (_view, _active) = (view, active);
            view._openCursors++;
        }

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _position;

        public override long Batch => _position / 3;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position + 1000, 5);

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!_active.Contains(column.Index))
                throw new InvalidOperationException($"{column.Name} is not active.");
            Delegate getter = column.Name switch
            {
                "Id" => (ValueGetter<int>)((ref int value) => value = (int)Count("Id")),
                "Features" => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
                {
                    long row = Count("Features");
                    if (row == _view.FailAt)
                        throw new IOException($"row {row} is unreadable");
                    FeaturesOf(row).CopyTo(VBufferEditorValues(ref value));
                }),
                _ => (ValueGetter<float>)((ref float value) => value = Count("Other") * 0.5f),
            };
            return (ValueGetter<TValue>)getter;
        }

        public override bool MoveNext()
        {
            if (_position + 1 >= _view._rows)
                return false;
            _position++;
            _view.Moves++;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _view._openCursors--;
            base.Dispose(disposing);
        }

        private static Span<float> VBufferEditorValues(ref VBuffer<float> value)
        {
            // The caller's buffer is written in place, as ML.NET's own getters do: whoever keeps it without a copy will notice.
            var editor = VBufferEditor.Create(ref value, 6);
            value = editor.Commit();
            return VBufferEditor.Create(ref value, 6, 6, keepOldOnResize: true).Values;
        }

        private long Count(string column)
        {
            _view.Calls[column]++;
            return _position;
        }
    }
}
