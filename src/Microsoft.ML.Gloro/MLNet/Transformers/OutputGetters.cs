using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Getters that return the results of a batch as column values. Keys count from 1; the caller's buffers are reused.</summary>
internal static class OutputGetters
{
    /// <summary>A getter of <paramref name="column"/>.</summary>
    /// <param name="column">The output column.</param>
    /// <param name="batch">The results.</param>
    /// <param name="row">Brings the current row's results up to date and returns its index in the batch.</param>
    public static Delegate Create(OutputColumn column, ScoredBatch batch, Func<int> row) => column switch
    {
        OutputColumn.PredictedLabel => (ValueGetter<uint>)((ref uint value) =>
            value = batch.Order(row()) is [var top, ..] ? (uint)top + 1 : 0),
        OutputColumn.Score => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            int current = row();
            var editor = VBufferEditor.Create(ref value, batch.Logits(current).Length);
            batch.Softmax(current, editor.Values);
            value = editor.Commit();
        }),
        OutputColumn.Logits => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Copy(batch.Logits(row()), ref value)),
        OutputColumn.TopKRadii => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Copy(batch.Radii(row()), ref value)),
        OutputColumn.CertifiedRadius => (ValueGetter<float>)((ref float value) => value = batch.Certified(row()).Radius),
        OutputColumn.IsCertified => (ValueGetter<bool>)((ref bool value) => value = batch.Certified(row()).TightestK > 0),
        OutputColumn.CertifiedK => (ValueGetter<int>)((ref int value) => value = batch.Certified(row()).TightestK),
        OutputColumn.CertifiedLabels => (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> value) =>
        {
            int current = row();
            CopyKeys(batch.Order(current)[..batch.Certified(current).TightestK], ref value);
        }),
        OutputColumn.LoosestK => (ValueGetter<int>)((ref int value) => value = batch.Certified(row()).LoosestK),
        OutputColumn.ReachableLabels => (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> value) =>
            CopyKeys(batch.Reachable(row()), ref value)),
        OutputColumn.CertifiedGroup => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) =>
            value = batch.CertifiedName(row()).AsMemory()),
        OutputColumn.CoverageLabels => (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> value) => CopyKeys(batch.Covered(row()), ref value)),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "No such output column."),
    };

    private static void Copy(ReadOnlySpan<float> source, ref VBuffer<float> value)
    {
        var editor = VBufferEditor.Create(ref value, source.Length);
        source.CopyTo(editor.Values);
        value = editor.Commit();
    }

    private static void CopyKeys(ReadOnlySpan<int> classes, ref VBuffer<uint> value)
    {
        var editor = VBufferEditor.Create(ref value, classes.Length);
        for (int i = 0; i < classes.Length; i++)
            editor.Values[i] = (uint)classes[i] + 1;
        value = editor.Commit();
    }
}

/// <summary>Returns a getter as the type that was asked for, or says what is wrong.</summary>
internal static class GetterCast
{
    public static ValueGetter<TValue> To<TValue>(Delegate? getter, DataViewSchema.Column column) => getter switch
    {
        ValueGetter<TValue> typed => typed,
        null => throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor or row was made."),
        _ => throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}."),
    };
}
