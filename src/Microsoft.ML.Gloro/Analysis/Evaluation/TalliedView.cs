using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The scored view in the form that ML.NET's evaluator expects (label as the model's class key, Score, PredictedLabel). Its cursor adds
/// every row to a <see cref="RowTally"/>, so one pass gives both ML.NET's metrics and ours and the model scores each row once.
/// </summary>
internal sealed class TalliedView : IDataView
{
    public const string Label = "Label", Score = nameof(OutputColumn.Score), PredictedLabel = nameof(OutputColumn.PredictedLabel);

    private readonly IDataView source;
    private readonly ScoredColumns columns;
    private readonly RowTally tally;

    public TalliedView(IDataView source, ScoredColumns columns, RowTally tally)
    {
        (this.source, this.columns, this.tally) = (source, columns, tally);
        int classCount = columns.ClassNames.Count;
        var namesType = new VectorDataViewType(TextDataViewType.Instance, classCount);
        var names = new VBuffer<ReadOnlyMemory<char>>(classCount, [.. columns.ClassNames.Select(name => name.AsMemory())]);
        var slotNames = new DataViewSchema.Annotations.Builder();
        slotNames.Add<VBuffer<ReadOnlyMemory<char>>>(
            OutputColumns.SlotNamesAnnotation, namesType, (ref VBuffer<ReadOnlyMemory<char>> destination) => names.CopyTo(ref destination));

        var schema = new DataViewSchema.Builder();
        // One more key than classes: ML.NET treats labels beyond the scores as unseen classes and counts them as wrong, as we do.
        schema.AddColumn(Label, new KeyDataViewType(typeof(uint), classCount + 1));
        schema.AddColumn(Score, new VectorDataViewType(NumberDataViewType.Single, classCount), slotNames.ToAnnotations());
        // ML.NET requires this column but takes the prediction from Score.
        schema.AddColumn(PredictedLabel, columns.PredictedLabel.Type);
        Schema = schema.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewRowCursor cursor = source.GetRowCursor(columns.Needed);
        try
        {
            return new Cursor(this, cursor);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly TalliedView view;
        private readonly DataViewRowCursor source;
        private readonly Func<int> readLabel;
        private readonly ValueGetter<VBuffer<float>> readLogits;
        private readonly ValueGetter<VBuffer<float>> readRadii;
        private readonly float[] logits;
        private readonly float[] radii;
        private VBuffer<float> buffer;
        private int label;

        public Cursor(TalliedView view, DataViewRowCursor source)
        {
            (this.view, this.source) = (view, source);
            readLabel = view.columns.LabelMap.GetGetter(source);
            readLogits = source.GetGetter<VBuffer<float>>(view.columns.Logits);
            readRadii = source.GetGetter<VBuffer<float>>(view.columns.TopKRadii);
            logits = new float[view.columns.ClassNames.Count];
            radii = new float[view.columns.RadiiCount];
        }

        public override DataViewSchema Schema => view.Schema;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override bool MoveNext()
        {
            if (!source.MoveNext())
                return false;
            label = readLabel();
            if (label != LabelMap.Missing)
            {
                ScoredColumns.Read(readLogits, ref buffer, logits);
                ScoredColumns.Read(readRadii, ref buffer, radii);
            }

            view.tally.Add(label, logits, radii);
            return true;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) =>
            column.Name == Label || (column.Name == Score && view.columns.Score is not null);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (column.Name == Score && view.columns.Score is { } score)
                return source.GetGetter<TValue>(score);
            ValueGetter<uint> getLabel = (ref uint value) => value = label switch
            {
                LabelMap.Missing => 0,
                LabelMap.Unknown => (uint)logits.Length + 1,
                _ => (uint)label + 1,
            };
            return column.Name == Label && getLabel is ValueGetter<TValue> getter
                ? getter
                : throw new InvalidOperationException($"Column '{column.Name}' of the evaluated view is not read.");
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
