using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Tests.TestSupport;

/// <summary>
/// A source that counts what is asked of it and can fail at a row, or when a cursor is made. Columns: Id (Int32), Features (six Single),
/// Other (Single).
/// </summary>
internal sealed class ProbeDataView : IDataView
{
    private readonly int _rows;
    private int _openCursors, _cursors;

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

    /// <summary>The row that throws.</summary>
    public int FailAt { get; set; } = -1;

    /// <summary>What throws there: a column's getter, MoveNext, or RowId.</summary>
    public string FailIn { get; set; } = "Features";

    /// <summary>The cursor, counted from 1 in the order in which they are made, that gives no getters.</summary>
    public int FailingCursor { get; set; }

    /// <summary>Called with the row whose features are read.</summary>
    public Action<long>? OnFeatures { get; set; }

    public long? GetRowCount() => _rows;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = columnsNeeded.ToList();
        Asked = string.Join(",", columns.Select(c => c.Name).Order());
        return new Cursor(this, [.. columns.Select(c => c.Index)]);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        // Several that share no rows out: for those who only make them.
        [.. Enumerable.Range(0, FailingCursor > 0 ? n : 1).Select(_ => GetRowCursor(columnsNeeded, rand))];

    /// <summary>The features of a row.</summary>
    public static float[] FeaturesOf(long row) => TestModels.Features(new Random((int)row), 6);

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly ProbeDataView _view;
        private readonly HashSet<int> _active;
        private readonly int _number;
        private long _position = -1;

        public Cursor(ProbeDataView view, HashSet<int> active)
        {
            (_view, _active, _number) = (view, active, Interlocked.Increment(ref view._cursors));
            Interlocked.Increment(ref view._openCursors);
        }

        public override DataViewSchema Schema => _view.Schema;

        public override long Position => _position;

        public override long Batch => _position / 3;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
            id = new DataViewRowId((ulong)Check("RowId") + 1000, 5);

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!_active.Contains(column.Index))
                throw new InvalidOperationException($"{column.Name} is not active.");
            if (_number == _view.FailingCursor)
                throw new IOException($"cursor {_number} is unreadable");
            Delegate getter = column.Name switch
            {
                "Id" => (ValueGetter<int>)((ref int value) => value = (int)Count("Id")),
                "Features" => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
                {
                    long row = Count("Features");
                    _view.OnFeatures?.Invoke(row);
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
            Check("MoveNext");
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                Interlocked.Decrement(ref _view._openCursors);
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
            return Check(column);
        }

        private long Check(string what) => _position == _view.FailAt && what == _view.FailIn
            ? throw new IOException($"row {_position} is unreadable") : _position;
    }
}
