using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.Scoring;

/// <summary>
/// Reads rows ahead, scores them together and hands them out one by one. The window grows (1, 4, 16, … rows), so that Preview and TakeRows stay cheap. Once it has its full size
/// the next rows are read, and images decoded, on another thread while these are scored: to whoever goes through all rows, reading costs little that scoring does not.
/// A row that cannot be read fails when its turn comes, not when it is read ahead: the rows before it are served first.
/// </summary>
/// <remarks>
/// For one thread at a time, except that any thread may dispose it: what a batch that is being scored still needs is let go when that batch is done, and Dispose does not wait for it.
/// It does wait for a row that another thread is reading ahead, as ML.NET's own cursors do: what rows are made of may be freed after them. The source is used by one thread at a time.
/// </remarks>
internal sealed class BatchingCursor : DataViewRowCursor
{
    private const int Growth = 4;

    private readonly ScoringSchema _schema;
    private readonly bool[] _active;
    private readonly int _largestWindow;
    private readonly bool _overlaps;
    private readonly ScoredBatch _batch;
    private readonly WindowReader _reader;
    private readonly Delegate?[] _getters;
    private readonly DeferredDisposal _life;
    private ReadRows _rows; // those at hand
    private int _window = 1, _current = -1;
    private long _position = -1;
    private ExceptionDispatchInfo? _failure;
    private BackgroundRead? _next;

    public BatchingCursor(GloroTransformer transformer, ScoringSchema schema, IDataView source, DataViewRowCursor input, bool[] active)
    {
        (_schema, _active, _largestWindow) = (schema, active, transformer.ReadAheadRows);
        _overlaps = _largestWindow > 1 && transformer.Threads > 1;
        _batch = new ScoredBatch(transformer, schema.ActiveOutputs(active));
        _getters = new Delegate?[active.Length];
        _reader = new WindowReader(schema, source, input, active, _batch, Current, _getters);
        for (int i = schema.Input.Count; i < active.Length; i++)
        {
            if (active[i])
                _getters[i] = OutputGetters.Create((OutputColumn)(i - schema.Input.Count), _batch, Current);
        }

        _life = new DeferredDisposal(this, _reader.Dispose);
    }

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => _position;

    public override long Batch => _current >= 0 ? _reader.Batch(_current) : 0;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _reader.Id(Current());

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => GetterCast.To<TValue>(_getters[column.Index], column);

    public override bool MoveNext()
    {
        // Not the end of the data: whoever is told so would go on with a part of the rows.
        _life.ThrowIfDisposed();
        int next = _current < 0 ? _rows.First : _current + 1;
        if (next >= _rows.First + _rows.Count)
        {
            _current = -1;
            _rows = _rows with { Count = 0 };
            _failure?.Throw();
            if (!_rows.Ended)
                FillOrFail();
            _life.ThrowIfDisposed();
            if (_rows.Count == 0)
            {
                _position = -1;
                return false;
            }

            next = _rows.First;
        }

        _current = next;
        _position++;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _current = -1;
            _life.Dispose();
            _reader.Stop();
            CancelNext();
        }

        base.Dispose(disposing);
    }

    private int Current() => _current >= 0 ? _current : throw new InvalidOperationException("The cursor is at no row: call MoveNext first, and read values only where it returned true.");

    // A cursor that has failed goes on failing: to go on with the next row would leave rows out unnoticed.
    private void FillOrFail()
    {
        _life.Enter();
        try
        {
            Fill();
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
        finally
        {
            if (_life.IsDisposed)
                CancelNext(); // it may have begun after Dispose looked for it
            _life.Leave();
        }
    }

    private void Fill()
    {
        ReadRows read = TakeNext() ?? ReadNow();
        _failure = read.Failure;
        if (read.Count == 0)
            read.Failure?.Throw();
        bool atFullSize = _window == _largestWindow;
        _window = (int)Math.Min(_largestWindow, (long)_window * Growth);
        if (_overlaps && atFullSize && !read.Ended && read.Failure is null)
            ReadInBackground(read.First == 0 ? _largestWindow : 0);
        if (read.Count > 0)
            _batch.Compute(read.First, read.Count);
        _rows = read;
    }

    private ReadRows ReadNow()
    {
        _reader.EnsureCapacity(_window);
        return _reader.Read(0, _window);
    }

    private void ReadInBackground(int first)
    {
        _reader.EnsureCapacity(2 * _largestWindow);
        _life.Enter();
        var next = new BackgroundRead(() => _reader.Read(first, _largestWindow));
        Interlocked.Exchange(ref _next, next);
        next.Start();
    }

    /// <summary>The rows that are read in the background, once they are; null if none are.</summary>
    private ReadRows? TakeNext()
    {
        if (Interlocked.Exchange(ref _next, null) is not { } next)
            return null;
        try
        {
            return next.Result();
        }
        finally
        {
            _life.Leave();
        }
    }

    private void CancelNext() => Interlocked.Exchange(ref _next, null)?.Cancel(_life.Leave);
}
