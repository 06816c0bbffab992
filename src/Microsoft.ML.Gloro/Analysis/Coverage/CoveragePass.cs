using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Scores labeled rows, and hands out each row's label, input, logits, and how far rounding can have moved a margin.</summary>
internal sealed class CoveragePass
{
    private const int BatchRows = 64;

    private readonly GloroTransformer _gloro;
    private readonly RowReader _rows;

    /// <param name="model">A Gloro transformer, or a chain with one.</param>
    /// <param name="data">Rows as the model takes them.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <exception cref="ArgumentException">There is no such column, or no such model.</exception>
    public CoveragePass(ITransformer model, IDataView data, string labelColumnName)
    {
        _gloro = GloroInChain.Find(model);
        IDataView rows = GloroInChain.TransformBefore(model, data);
        _rows = new RowReader(_gloro.GloroModel, rows, _gloro.FeatureColumnName, labelColumnName, "to measure coverage");
        if (_rows.LabelColumnName is null)
            throw new ArgumentException($"The rows have no column '{labelColumnName}', which should hold the true classes.", nameof(data));
    }

    /// <summary>What is done with a row. <paramref name="label"/> may be one of LabelMap's negative numbers.</summary>
    public delegate void Visitor(int label, ReadOnlySpan<float> input, ReadOnlySpan<float> logits, RowError error);

    /// <summary>Visits every row once, in order.</summary>
    public void Run(Visitor visit, CancellationToken cancellation)
    {
        int classes = _gloro.ClassNames.Count;
        foreach (var batch in _rows.Read(int.MaxValue, int.MaxValue).Chunk(BatchRows))
        {
            cancellation.ThrowIfCancellationRequested();
            int size = batch[0].Input.Length;
            var inputs = new float[batch.Length * size];
            var logits = new float[batch.Length * classes];
            for (int row = 0; row < batch.Length; row++)
                batch[row].Input.CopyTo(inputs, row * size);
            _gloro.Score(inputs, batch.Length, logits);
            for (int row = 0; row < batch.Length; row++)
            {
                var values = logits.AsSpan(row * classes, classes);
                if (!_gloro.Guard.TryJudge(batch[row].Input, out RowError error))
                    values.Fill(float.NaN);
                visit(batch[row].Label, batch[row].Input, values, error);
            }
        }
    }
}
