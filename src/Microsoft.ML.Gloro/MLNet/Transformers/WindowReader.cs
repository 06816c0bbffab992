using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Rows that were read ahead.</summary>
/// <param name="First">The place of the first one.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Ended">Whether the source has no more.</param>
/// <param name="Failure">Why the row after them could not be read; null if nothing went wrong.</param>
internal readonly record struct ReadRows(int First, int Count, bool Ended, ExceptionDispatchInfo? Failure);

/// <summary>Copies rows of a source, with all columns asked for, into the places of a window. Only it uses the source's cursor.</summary>
/// <remarks>
/// For one thread at a time, not always the same one. Meanwhile, rows at other places may be used. Any thread may call <see cref="Stop"/>.
/// </remarks>
internal sealed class WindowReader : IDisposable
{
    private readonly DataViewRowCursor _input;
    private readonly ScoredBatch _batch;
    private readonly FeatureReader _features;
    private readonly List<ReadAheadColumn> _columns = [];
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private long[] _batches = [];
    private DataViewRowId[] _ids = [];
    private int _captured;
    private volatile bool _stopped;

    /// <param name="schema">The columns, and which of them holds the features.</param>
    /// <param name="source">The view of the rows, for messages.</param>
    /// <param name="input">Its cursor, which is disposed with the reader.</param>
    /// <param name="active">Which columns are asked for.</param>
    /// <param name="batch">Where inputs are written.</param>
    /// <param name="current">The place whose values getters give.</param>
    /// <param name="getters">Receives the getters of the source's columns.</param>
    public WindowReader(
        ScoringSchema schema, IDataView source, DataViewRowCursor input, bool[] active, ScoredBatch batch, Func<int> current,
        Delegate?[] getters)
    {
        (_input, _batch, _idGetter) = (input, batch, input.GetIdGetter());
        var locator = new RowLocator(input, source);
        ReadAheadColumn? feature = null;
        for (int i = 0; i < schema.Input.Count; i++)
        {
            if (!active[i])
                continue;
            var column = ReadAheadColumn.Create(input, schema.Input[i], locator);
            _columns.Add(column);
            getters[i] = column.Getter(current);
            if (i == schema.Feature.Index)
                feature = column;
        }

        // If the feature column is also asked for, it is read once: decoding an image twice could cost more than scoring it.
        _features = feature is null
            ? FeatureReader.Create(input, schema.Feature, schema.InputSpec, source)
            : FeatureReader.Create(schema.Feature, schema.InputSpec, feature.BorrowingGetter(() => _captured), locator);
    }

    /// <summary>The batch number of the row at <paramref name="place"/>, as the source gave it.</summary>
    public long Batch(int place) => _batches[place];

    /// <summary>The id of the row at <paramref name="place"/>.</summary>
    public DataViewRowId Id(int place) => _ids[place];

    /// <summary>Makes room for <paramref name="places"/> rows; not while rows are being read.</summary>
    public void EnsureCapacity(int places)
    {
        if (_ids.Length >= places)
            return;
        Array.Resize(ref _ids, places);
        Array.Resize(ref _batches, places);
        _batch.EnsureCapacity(places);
        foreach (var column in _columns)
            column.EnsureCapacity(places);
    }

    /// <summary>
    /// Reads rows into places from <paramref name="first"/> on. Never throws: a row that cannot be read fails when its turn comes.
    /// </summary>
    public ReadRows Read(int first, int rows)
    {
        int count = 0;
        try
        {
            for (; count < rows && !_stopped; count++)
            {
                if (!_input.MoveNext())
                    return new ReadRows(first, count, Ended: true, null);
                Capture(first + count);
            }

            return new ReadRows(first, count, Ended: false, null);
        }
        catch (Exception e)
        {
            return new ReadRows(first, count, Ended: false, ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <summary>Makes a running <see cref="Read"/> end after its current row.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Releases the source.</summary>
    public void Dispose()
    {
        foreach (var column in _columns)
            column.Dispose();
        _input.Dispose();
    }

    private void Capture(int place)
    {
        _captured = place;
        foreach (var column in _columns)
            column.Capture(place);
        _features.Read(_batch.Input(place));
        _batches[place] = _input.Batch;
        _idGetter(ref _ids[place]);
    }
}
