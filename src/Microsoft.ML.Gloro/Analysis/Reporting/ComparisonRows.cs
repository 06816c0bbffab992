using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The other side of a comparison, read in step with the report's rows. It refuses rows that differ.</summary>
internal sealed class ComparisonRows : IDisposable
{
    private const string Remedy = "Score the same rows, in the same order, with both models.";

    private readonly ComparisonPlan plan;
    private readonly ScoredColumns ownColumns;
    private readonly DataViewRowCursor? cursor;
    private readonly Func<string?> readName;
    private readonly int[] ownClasses;

    /// <param name="plan">What is compared.</param>
    /// <param name="ownCursor">The report's cursor.</param>
    /// <param name="own">The report's row.</param>
    /// <param name="ownColumns">Its columns.</param>
    /// <param name="hasLabels">Whether rows have labels.</param>
    /// <param name="nameColumnName">The requested column of names; null for the usual one.</param>
    public ComparisonRows(ComparisonPlan plan, DataViewRowCursor ownCursor, ReportRow own, ScoredColumns ownColumns, bool hasLabels,
        string? nameColumnName)
    {
        (this.plan, this.ownColumns) = (plan, ownColumns);
        ownClasses = LabelMap.Match(plan.Columns.ClassNames, ownColumns.ClassNames);
        DataViewSchema.Column? name = null;
        if (plan.View is { } view)
        {
            name = view.Schema.GetColumnOrNull(nameColumnName ?? RowNames.UsualColumn) is { Type: TextDataViewType } text ? text : null;
            cursor = view.GetRowCursor(ReportRow.Needed(plan.Columns).Concat(name is { } named ? [named] : []));
        }

        readName = RowNames.GetGetter(cursor ?? ownCursor, name);
        Row = plan.IsSameModel ? own : new ReportRow(cursor ?? ownCursor, plan.Columns, hasLabels);
    }

    /// <summary>The other side of the current row.</summary>
    public ReportRow Row { get; }

    /// <summary>Reads the row that belongs to the report's current one.</summary>
    /// <param name="number">The number of the row, from 0.</param>
    /// <param name="own">The report's row.</param>
    /// <param name="ownName">Its name; null if it has none.</param>
    /// <exception cref="ArgumentException">There is none, or it has another label or another name.</exception>
    public void Read(long number, ReportRow own, string? ownName)
    {
        if (plan.IsSameModel)
            return;
        if (cursor is not null && !cursor.MoveNext())
            throw Differ($"it has {ReportNumbers.Count(number)}, and the report's view has more.");
        Row.Read();
        int label = Row.Label < 0 ? Row.Label : ownClasses[Row.Label];
        if (label != own.Label)
        {
            throw Differ($"row {number} (counted from 0) has the label {Label(label)} there and {Label(own.Label)} in the report's view.");
        }

        // Equal labels do not show that rows within a class are in another order; names do.
        if (readName() is { } name && ownName is not null && RowNames.FileName(name) != RowNames.FileName(ownName))
            throw Differ($"row {number} (counted from 0) is '{name}' there and '{ownName}' in the report's view.");
    }

    /// <summary>Checks that the other side ends too.</summary>
    /// <param name="count">The number of the report's rows.</param>
    /// <exception cref="ArgumentException">It has more rows.</exception>
    public void End(long count)
    {
        if (cursor?.MoveNext() == true)
            throw Differ($"it has more than {ReportNumbers.Count(count)}, which is the number of rows of the report's view.");
    }

    public void Dispose() => cursor?.Dispose();

    private static ArgumentException Differ(string how) =>
        ComparisonPlan.Fault($"the rows of {nameof(GloroReportComparison.Scored)} differ from those of the report: {how} {Remedy}");

    private string Label(int label) => label switch
    {
        LabelMap.Missing => "(missing)",
        LabelMap.Unknown => "(not a class of the model)",
        _ => $"'{ownColumns.ClassNames[label]}'",
    };
}
