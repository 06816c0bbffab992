using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Inputs;

namespace Microsoft.ML.Gloro.Scoring;

/// <summary>
/// Reads rows ahead, scores them together and hands them out one by one. The window grows (1, 4, 16, … rows), so that Preview and TakeRows stay cheap.
/// A row that cannot be read fails when its turn comes, not when it is read ahead: the rows before it are served first.
/// </summary>
/// <remarks>
/// For one thread at a time, except that any thread may dispose it: what a batch that is being scored still needs is let go when that batch is done, and Dispose does not wait for it.
/// </remarks>
internal sealed class BatchingCursor : DataViewRowCursor
{
    private const int Growth = 4;

    private readonly ScoringSchema _schema;
    private readonly DataViewRowCursor _input;
    private readonly bool[] _active;
    private readonly int _largestWindow;
    private readonly ScoredBatch _batch;
    private readonly FeatureReader _reader;
    private readonly List<ReadAheadColumn> _columns = [];
    private readonly Delegate?[] _getters;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly DeferredDisposal _life;
    private long[] _batches = [];
    private DataViewRowId[] _ids = [];
    private int _window = 1, _count, _current = -1, _captured;
    private long _position = -1;
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    public BatchingCursor(GloroTransformer transformer, ScoringSchema schema, IDataView source, DataViewRowCursor input, bool[] active)
    {
        (_schema, _input, _active, _largestWindow) = (schema, input, active, transformer.ReadAhead);
        _batch = new ScoredBatch(transformer, schema.ActiveOutputs(active));
        _getters = new Delegate?[active.Length];
        _idGetter = input.GetIdGetter();
        _life = new DeferredDisposal(this, Free);
        var locator = new RowLocator(input, source);
        ReadAheadColumn? feature = null;
        for (int i = 0; i < active.Length; i++)
        {
            if (!active[i])
                continue;
            if (i >= schema.Input.Count)
            {
                _getters[i] = OutputGetters.Create((OutputColumn)(i - schema.Input.Count), _batch, Current);
                continue;
            }

            var column = ReadAheadColumn.Create(input, schema.Input[i], locator);
            _columns.Add(column);
            _getters[i] = column.Getter(Current);
            if (i == schema.Feature.Index)
                feature = column;
        }

        // A feature column that is asked for as well is read once: decoding an image twice would cost more than scoring it.
        _reader = feature is null
            ? FeatureReader.Create(input, schema.Feature, schema.InputSpec, source)
            : FeatureReader.Create(schema.Feature, schema.InputSpec, feature.BorrowingGetter(() => _captured), locator);
    }

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => _position;

    public override long Batch => _current >= 0 ? _batches[_current] : 0;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[Current()];

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => GetterCast.To<TValue>(_getters[column.Index], column);

    public override bool MoveNext()
    {
        // Not the end of the data: whoever is told so would go on with a part of the rows.
        _life.ThrowIfDisposed();
        if (_current + 1 >= _count)
        {
            _current = -1;
            _count = 0;
            _failure?.Throw();
            if (!_ended)
                FillOrFail();
            _life.ThrowIfDisposed();
            if (_count == 0)
            {
                _position = -1;
                return false;
            }
        }

        _current++;
        _position++;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _current = -1;
            _life.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Current() => _current >= 0 ? _current : throw new InvalidOperationException("The cursor is at no row: call MoveNext first, and read values only where it returned true.");

    private void Free()
    {
        _reader.Dispose();
        foreach (var column in _columns)
            column.Dispose();
        _input.Dispose();
    }

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
            _life.Leave();
        }
    }

    private void Fill()
    {
        EnsureCapacity();
        int count = 0;
        try
        {
            while (count < _window)
            {
                if (!_input.MoveNext())
                {
                    _ended = true;
                    break;
                }

                Capture(count);
                count++;
            }
        }
        catch (Exception e) when (count > 0)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }

        if (count > 0)
            _batch.Compute(count);
        _count = count;
        _window = (int)Math.Min(_largestWindow, (long)_window * Growth);
    }

    private void Capture(int row)
    {
        _captured = row;
        foreach (var column in _columns)
            column.Capture(row);
        _reader.Read(_batch.Input(row));
        _batches[row] = _input.Batch;
        _idGetter(ref _ids[row]);
    }

    private void EnsureCapacity()
    {
        if (_ids.Length >= _window)
            return;
        Array.Resize(ref _ids, _window);
        Array.Resize(ref _batches, _window);
        _batch.EnsureCapacity(_window);
        foreach (var column in _columns)
            column.EnsureCapacity(_window);
    }
}
