using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>A row that is scored when a result is first asked for at its position.</summary>
internal sealed class GloroRow : DataViewRow
{
    private const long Nowhere = long.MinValue;

    private readonly ScoringSchema _schema;
    private readonly DataViewRow _input;
    private readonly bool[] _active;
    private readonly Delegate?[] _outputs;
    private readonly ScoredBatch? _batch;
    private readonly FeatureReader? _reader;
    private long _scored = Nowhere;

    public GloroRow(GloroTransformer transformer, ScoringSchema schema, DataViewRow input, bool[] active)
    {
        (_schema, _input, _active) = (schema, input, active);
        _outputs = new Delegate?[OutputColumns.Of(transformer.GloroModel).Count];
        if (!schema.AnyOutput(active))
            return;
        bool[] activeOutputs = schema.ActiveOutputs(active);
        _batch = new ScoredBatch(transformer, activeOutputs);
        _batch.EnsureCapacity(1);
        _reader = FeatureReader.Create(input, schema.Feature, schema.InputSpec);
        foreach (var column in OutputColumns.Of(transformer.GloroModel))
        {
            if (activeOutputs[(int)column])
                _outputs[(int)column] = OutputGetters.Create(column, _batch, Current);
        }
    }

    public override DataViewSchema Schema => _schema.Output;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => column.Index < _schema.Input.Count
        ? _input.GetGetter<TValue>(_schema.Input[column.Index])
        : GetterCast.To<TValue>(_outputs[column.Index - _schema.Input.Count], column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();

        base.Dispose(disposing);
    }

    // The place of the row in the batch, once it is scored.
    private int Current()
    {
        if (_scored == _input.Position)
            return 0;
        _scored = Nowhere; // if reading or scoring throws, no old result is returned
        _reader!.Read(_batch!.Input(0));
        _batch.Compute(0, 1);
        _scored = _input.Position;
        return 0;
    }
}

/// <summary>Scores single rows: used by PredictionEngine and by chains of row mappers.</summary>
internal sealed class GloroRowMapper(GloroTransformer transformer, ScoringSchema schema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        schema.Dependencies(schema.Activate(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new GloroRow(transformer, schema, input, schema.Activate(activeColumns));
    }
}
