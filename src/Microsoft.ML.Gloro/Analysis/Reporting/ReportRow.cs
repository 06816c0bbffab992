using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The scored columns of a cursor's current row, and its classes in order.</summary>
internal sealed class ReportRow
{
    private readonly Func<int> readLabel;
    private readonly ValueGetter<VBuffer<float>> readLogits, readRadii;
    private VBuffer<float> buffer;

    /// <param name="cursor">The cursor, with the columns active.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="hasLabels">Whether the label column holds labels; if not, each row has <see cref="LabelMap.Unknown"/>.</param>
    public ReportRow(DataViewRowCursor cursor, ScoredColumns columns, bool hasLabels)
    {
        readLabel = hasLabels ? columns.LabelMap.GetGetter(cursor) : () => LabelMap.Unknown;
        readLogits = cursor.GetGetter<VBuffer<float>>(columns.Logits);
        readRadii = cursor.GetGetter<VBuffer<float>>(columns.TopKRadii);
        (Logits, Radii) = (new float[columns.ClassNames.Count], new float[columns.RadiiCount]);
        Order = new int[columns.ClassNames.Count];
    }

    /// <summary>The columns of a scored view. Without labels the prediction stands in for the label column, and is ignored.</summary>
    public static ScoredColumns FindColumns(IDataView scored, string labelColumnName, string prefix, bool hasLabels) => ScoredColumns.Find(
        scored, hasLabels ? labelColumnName : OutputColumns.Name(OutputColumn.PredictedLabel, prefix), prefix);

    /// <summary>The columns to activate.</summary>
    public static IEnumerable<DataViewSchema.Column> Needed(ScoredColumns columns) => [columns.Label, columns.Logits, columns.TopKRadii];

    /// <summary>The class index, or one of <see cref="LabelMap"/>'s negative numbers.</summary>
    public int Label { get; private set; }

    /// <summary>C logits.</summary>
    public float[] Logits { get; }

    /// <summary>The radii r_1, r_2, ….</summary>
    public float[] Radii { get; }

    /// <summary>The classes by logit.</summary>
    public int[] Order { get; }

    /// <summary>Whether all logits are finite. If not, nothing is predicted and nothing may be certified.</summary>
    public bool IsFinite { get; private set; }

    /// <summary>Reads the cursor's current row.</summary>
    public void Read()
    {
        Label = readLabel();
        ScoredColumns.Read(readLogits, ref buffer, Logits);
        ScoredColumns.Read(readRadii, ref buffer, Radii);
        IsFinite = Certificate.TryOrder(Logits, Order);
    }
}
