using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads rows ahead, scores them together and returns them one by one. The window grows (1, 4, 16, … rows), so that Preview and TakeRows
/// stay cheap. Once it has its full size, and if the transformer has more than one thread, a <see cref="ScoringPipeline"/> reads and
/// scores several windows at once. A row that cannot be read fails when its turn comes, after the rows before it were returned.
/// </summary>
/// <remarks>
/// For one thread at a time, except that any thread may call Dispose. Dispose does not wait for a batch that is being scored; what the
/// batch needs is released when it is done. Dispose does wait for a row that another thread is reading ahead, as ML.NET's own cursors do,
/// because the row's data may be freed afterwards. The source is used by one thread at a time.
/// </remarks>
internal sealed class BatchingCursor : DataViewRowCursor
{
    private const int Growth = 4;

    private readonly ScoringSchema _schema;
    private readonly bool[] _active;
    private readonly int _largestWindow, _threads;
    private readonly ScoredBatch _batch;
    private readonly WindowReader _reader;
    private readonly Delegate?[] _getters;
    private readonly DeferredDisposal _life;
    private ReadRows _rows; // read and scored, and not yet all returned
    private int _window = 1, _current = -1;
    private long _position = -1;
    private ExceptionDispatchInfo? _failure;
    private ScoringPipeline? _pipeline; // once the window has its full size

    public BatchingCursor(GloroTransformer transformer, ScoringSchema schema, IDataView source, DataViewRowCursor input, bool[] active)
    {
        (_schema, _active, _largestWindow, _threads) = (schema, active, transformer.ReadAheadRows, transformer.Threads);
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

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        GetterCast.To<TValue>(_getters[column.Index], column);

    public override bool MoveNext()
    {
        // An error, not false: false would mean the end of the data, and the caller would use a part of the rows as if it were all.
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
            Volatile.Read(ref _pipeline)?.Stop();
        }

        base.Dispose(disposing);
    }

    private int Current() => _current >= 0
        ? _current
        : throw new InvalidOperationException(
            "The cursor is at no row: call MoveNext first, and read values only where it returned true.");

    // A failed cursor keeps failing: continuing with the next row would silently skip rows.
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
            _life.Leave();
        }
    }

    private void Fill()
    {
        bool manyAtOnce = _threads > 1 && _largestWindow > 1 && _window == _largestWindow;
        ReadRows rows = manyAtOnce ? NextOfPipeline() : ReadAndScore();
        _failure = rows.Failure;
        if (rows.Count == 0)
            rows.Failure?.Throw();
        _window = (int)Math.Min(_largestWindow, (long)_window * Growth);
        _rows = rows;
    }

    private ReadRows ReadAndScore()
    {
        _reader.EnsureCapacity(_window);
        ReadRows rows = _reader.Read(0, _window);
        if (rows.Count > 0)
            _batch.Compute(rows.First, rows.Count);
        return rows;
    }

    private ReadRows NextOfPipeline()
    {
        if (_pipeline is null)
        {
            _reader.EnsureCapacity(ScoringPipeline.WindowsFor(_threads) * _largestWindow);
            var pipeline = new ScoringPipeline(
                _threads, _life,
                window => _reader.Read(window * _largestWindow, _largestWindow),
                rows => _batch.Compute(rows.First, rows.Count, ScoringThreads.Caller));
            Volatile.Write(ref _pipeline, pipeline);
        }

        return _pipeline.Next();
    }
}
