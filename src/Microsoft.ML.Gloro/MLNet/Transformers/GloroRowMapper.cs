using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Scores single rows: what PredictionEngine and chains of row mappers use.</summary>
internal sealed class GloroRowMapper(GloroTransformer transformer, ScoringSchema schema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => schema.Dependencies(schema.Activate(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new GloroRow(transformer, schema, input, schema.Activate(activeColumns));
    }
}
