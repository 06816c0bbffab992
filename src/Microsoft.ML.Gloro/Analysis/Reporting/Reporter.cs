using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Makes a report: reads a scored view once and writes the page.</summary>
internal static class Reporter
{
    // The axis ends where the loosest guarantee certifies less than this share of the rows.
    private const double LeastShare = 0.1;

    /// <summary>Makes a report; see <see cref="GloroCatalog"/>.</summary>
    public static GloroReport Run(IDataView scored, GloroReportOptions options, Action<string>? warn = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        options.Validate();
        options.Date ??= DateOnly.FromDateTime((time ?? TimeProvider.System).GetUtcNow().UtcDateTime);
        ReportData data = Read(scored, options, warn);
        return new GloroReport(options.Title, SummarySection.ToText(data), ReportPage.Write(data));
    }

    /// <summary>Reads all rows in one pass.</summary>
    public static ReportData Read(IDataView scored, GloroReportOptions options, Action<string>? warn = null)
    {
        bool hasLabelColumn = scored.Schema.GetColumnOrNull(options.LabelColumnName) is not null;
        ScoredColumns columns = ReportRow.FindColumns(scored, options.LabelColumnName, options.OutputColumnPrefix, hasLabelColumn);
        float epsilon = EvaluationArguments.Epsilon(options.Epsilon, columns, options.OutputColumnPrefix);
        RobustnessGuarantee main = GuaranteeNames.Simplest(options.Guarantee ?? columns.ReadGuarantee()
            ?? throw EvaluationArguments.NotAnnotated("guarantee", options.OutputColumnPrefix, nameof(options)));
        GloroTransformer? transformer = options.Model is { } given ? GloroInChain.Find(given) : null;
        CheckModel(transformer, columns, options.Audit);
        bool isImageModel = transformer?.GloroModel.IsImage ?? false;
        DataViewSchema.Column? image = transformer is not null && !isImageModel && options.ImageColumnName is null
            ? null : Thumbnails.Find(scored.Schema, options.ImageColumnName, isImageModel ? transformer!.FeatureColumnName : null);
        DataViewSchema.Column? name = RowNames.Find(scored.Schema, options.NameColumnName);
        ComparisonPlan? plan = ComparisonPlan.Make(scored, columns, options, main, hasLabelColumn);

        List<(string Name, RobustnessGuarantee Guarantee)> guarantees = Guarantees(main, options, columns);
        ReportPass Pass(bool hasLabels) =>
            new([.. guarantees.Select((one, place) => Tally(one.Name, one.Guarantee, place, guarantees, columns, epsilon))],
            guarantees.FindIndex(one => one.Guarantee.Equals(main)), transformer?.GloroModel.Constants, epsilon, options.GalleryImages,
                columns.ClassNames, hasLabels, plan);
        ReportPass pass = Pass(hasLabelColumn);
        // Until a row has a label, all rows may lack one; the report then shows everything except accuracies.
        ReportPass? unlabelled = hasLabelColumn ? Pass(hasLabels: false) : null;

        long missing = 0;
        List<DataViewSchema.Column> needed = [.. ReportRow.Needed(columns)];
        if (plan is { View: null })
            needed.AddRange(ReportRow.Needed(plan.Columns));
        if (image is { } shown && options.GalleryImages > 0)
            needed.Add(shown);
        if (name is { } named)
            needed.Add(named);
        using (DataViewRowCursor cursor = scored.GetRowCursor(needed))
        {
            var row = new ReportRow(cursor, columns, hasLabelColumn);
            using ComparisonRows? others = plan is null ? null
                : new(plan, cursor, row, columns, hasLabelColumn, options.NameColumnName);
            Func<string?> readName = RowNames.GetGetter(cursor, name);
            Thumbnails? thumbnails = null;
            (string? Name, RowPicture? Picture) Show()
            {
                RowPicture? picture = image is { } column
                    ? (thumbnails ??= Thumbnails.Create(cursor, scored, column, transformer?.GloroModel)).Read() : null;
                return (RowNames.FileName(readName() ?? picture?.Path), picture);
            }

            long number = 0;
            for (; cursor.MoveNext(); number++)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                row.Read();
                others?.Read(number, row, readName());
                if (row.Label == LabelMap.Missing)
                    missing++;
                else
                    unlabelled = null;
                pass.Add(number, row, others?.Row, Show);
                unlabelled?.Add(number, row, others?.Row, Show);
            }

            others?.End(number);
        }

        if (pass.Rows == 0 && (unlabelled is null || unlabelled.Rows == 0))
            throw EvaluationArguments.NoRows(0, columns.Label.Name, "to report", nameof(scored));
        if (missing > 0)
            warn?.Invoke(LabelColumn.MissingWarning(columns.Label.Name, missing, pass.Rows + missing, "rows"));
        bool isImage = isImageModel || (transformer is null && image is not null);
        return (pass.Rows > 0 ? pass : unlabelled!).ToData(options, scored, columns, isImage, transformer?.GloroModel, LeastShare);
    }

    private static void CheckModel(GloroTransformer? transformer, ScoredColumns columns, GloroAuditReport? audit)
    {
        if (transformer is null)
            return;
        if (!transformer.ClassNames.SequenceEqual(columns.ClassNames))
            throw new ArgumentException("The given model did not score the view: the model's classes differ from those of the view.");
        if (audit is not null && audit.WeightHash != transformer.GloroModel.Bound.WeightHash)
            throw new ArgumentException("The given audit is of another model: the hashes of the weights differ.");
    }

    private static List<(string Name, RobustnessGuarantee Guarantee)> Guarantees(
        RobustnessGuarantee main, GloroReportOptions options, ScoredColumns columns)
    {
        int largest = Math.Min(options.LargestK, Math.Min(columns.ClassNames.Count - 1, columns.RadiiCount));
        List<RobustnessGuarantee> all = [RobustnessGuarantee.Local,
            .. Enumerable.Range(2, Math.Max(0, largest - 1)).Select(RobustnessGuarantee.RelaxedTopK)];
        foreach (RobustnessGuarantee one in options.Guarantees.Prepend(main).Select(GuaranteeNames.Simplest))
        {
            if (!all.Contains(one))
                all.Add(one);
        }

        all = [.. all.OrderBy(one => one.Kind).ThenBy(one => one.Kind == GuaranteeKind.RelaxedTopK ? one.K : 0)];
        int affinities = all.Count(one => one.Kind == GuaranteeKind.Affinity), number = 0;
        return [.. all.Select(one => (one.Kind == GuaranteeKind.Affinity && affinities > 1
            ? FormattableString.Invariant($"{GuaranteeNames.Of(one)} {++number}") : GuaranteeNames.Of(one), one))];
    }

    private static GuaranteeTally Tally(string name, RobustnessGuarantee guarantee, int place,
        List<(string Name, RobustnessGuarantee Guarantee)> all, ScoredColumns columns, float epsilon)
    {
        int topK = all.Count(one => one.Guarantee.Kind != GuaranteeKind.Affinity);
        var color = place < topK ? ReportPalette.TopK(place, topK) : ReportPalette.Affinity(place - topK);
        string dash = ReportPalette.Dash(place < topK ? place : place - topK);
        return new(name, EvaluationArguments.Bind(guarantee, columns), epsilon, color, dash);
    }
}
