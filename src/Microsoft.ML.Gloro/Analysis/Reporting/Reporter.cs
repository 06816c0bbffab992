using Microsoft.ML.Data;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Makes a report: reads a scored view once and writes the page.</summary>
internal static class Reporter
{
    // The axis ends where the loosest guarantee certifies less than this share of the rows.
    private const double LeastShare = 0.1;

    /// <summary>Makes a report; see <see cref="GloroCatalog"/>.</summary>
    public static GloroReport Run(IDataView scored, GloroReportOptions options, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        options.Validate();
        ReportData data = Read(scored, options, warn);
        return new GloroReport(options.Title, SummarySection.ToText(data), ReportPage.Write(data, scored));
    }

    /// <summary>Reads all rows in one pass.</summary>
    public static ReportData Read(IDataView scored, GloroReportOptions options, Action<string>? warn = null)
    {
        // Without labels, only accuracies are missing. Reading the columns requires a label column, so the prediction stands in for it and
        // is ignored.
        bool hasLabelColumn = scored.Schema.GetColumnOrNull(options.LabelColumnName) is not null;
        var columns = ScoredColumns.Find(scored, hasLabelColumn ? options.LabelColumnName
            : OutputColumns.Name(OutputColumn.PredictedLabel, options.OutputColumnPrefix), options.OutputColumnPrefix);
        float epsilon = EvaluationArguments.Epsilon(options.Epsilon, columns, options.OutputColumnPrefix);
        RobustnessGuarantee main = options.Guarantee ?? columns.ReadGuarantee()
            ?? throw EvaluationArguments.NotAnnotated("guarantee", options.OutputColumnPrefix, nameof(options));
        if (main is { Kind: GuaranteeKind.RelaxedTopK, K: 1 })
            main = RobustnessGuarantee.Local; // they certify the same
        GloroTransformer? transformer = options.Model is { } given ? GloroInChain.Find(given) : null;
        CheckModel(transformer, columns, options.Audit);
        bool isImageModel = transformer?.GloroModel.IsImage ?? false;
        DataViewSchema.Column? image = transformer is not null && !isImageModel && options.ImageColumnName is null
            ? null : Thumbnails.Find(scored.Schema, options.ImageColumnName, isImageModel ? transformer!.FeatureColumnName : null);

        List<(string Name, RobustnessGuarantee Guarantee)> guarantees = Guarantees(main, options, columns);
        ReportPass Pass(bool hasLabels) =>
            new([.. guarantees.Select((one, place) => Tally(one.Name, one.Guarantee, place, guarantees, columns, epsilon))],
            guarantees.FindIndex(one => one.Guarantee.Equals(main)), transformer?.GloroModel.Constants, epsilon, options.GalleryImages,
                columns.ClassNames, hasLabels);
        ReportPass pass = Pass(hasLabelColumn);
        // Until a row has a label, all rows may lack one; the report then shows everything except accuracies.
        ReportPass? unlabelled = hasLabelColumn ? Pass(hasLabels: false) : null;

        long missing = 0;
        List<DataViewSchema.Column> needed = [columns.Label, columns.Logits, columns.TopKRadii];
        if (image is { } shown && options.GalleryImages > 0)
            needed.Add(shown);
        using (DataViewRowCursor cursor = scored.GetRowCursor(needed))
        {
            Thumbnails? thumbnails = null;
            byte[]? Picture() => image is { } column ? (thumbnails ??= Thumbnails.Create(cursor, scored, column, transformer?.GloroModel))
                .Read() : null;
            Func<int> readLabel = hasLabelColumn ? columns.LabelMap.GetGetter(cursor) : () => LabelMap.Unknown;
            ValueGetter<VBuffer<float>> readLogits = cursor.GetGetter<VBuffer<float>>(columns.Logits),
                readRadii = cursor.GetGetter<VBuffer<float>>(columns.TopKRadii);
            float[] logits = new float[columns.ClassNames.Count], radii = new float[columns.RadiiCount];
            VBuffer<float> buffer = default;
            try
            {
                for (long number = 0; cursor.MoveNext(); number++)
                {
                    options.CancellationToken.ThrowIfCancellationRequested();
                    int label = readLabel();
                    Copy(readLogits, ref buffer, logits);
                    Copy(readRadii, ref buffer, radii);
                    if (label == LabelMap.Missing)
                        missing++;
                    else
                        unlabelled = null;
                    pass.Add(number, label, logits, radii, Picture);
                    unlabelled?.Add(number, LabelMap.Unknown, logits, radii, Picture);
                }
            }
            finally
            {
                thumbnails?.Dispose();
            }
        }

        if (pass.Rows == 0 && (unlabelled is null || unlabelled.Rows == 0))
            throw EvaluationArguments.NoRows(0, columns.Label.Name, "to report", nameof(scored));
        if (missing > 0)
            warn?.Invoke(LabelColumn.MissingWarning(columns.Label.Name, missing, pass.Rows + missing, "rows"));
        return (pass.Rows > 0 ? pass : unlabelled!).ToData(options, columns, isImageModel || (transformer is null && image is not null),
            transformer?.GloroModel, LeastShare);
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
        foreach (RobustnessGuarantee one in options.Guarantees.Prepend(main))
        {
            if (!all.Contains(one) && one is not { Kind: GuaranteeKind.RelaxedTopK, K: 1 })
                all.Add(one);
        }

        all = [.. all.OrderBy(one => one.Kind).ThenBy(one => one.Kind == GuaranteeKind.RelaxedTopK ? one.K : 0)];
        int affinities = all.Count(one => one.Kind == GuaranteeKind.Affinity), number = 0;
        return [.. all.Select(one => (one.Kind switch
        {
            GuaranteeKind.Local => "local",
            GuaranteeKind.RelaxedTopK => FormattableString.Invariant($"RT{one.K}"),
            _ => affinities == 1 ? "affinity" : FormattableString.Invariant($"affinity {++number}"),
        }, one))];
    }

    private static GuaranteeTally Tally(string name, RobustnessGuarantee guarantee, int place,
        List<(string Name, RobustnessGuarantee Guarantee)> all, ScoredColumns columns, float epsilon)
    {
        int topK = all.Count(one => one.Guarantee.Kind != GuaranteeKind.Affinity);
        var color = place < topK ? ReportPalette.TopK(place, topK) : ReportPalette.Affinity(place - topK);
        return new(name, EvaluationArguments.Bind(guarantee, columns), epsilon, color);
    }

    private static void Copy(ValueGetter<VBuffer<float>> getter, ref VBuffer<float> buffer, float[] destination)
    {
        getter(ref buffer);
        if (buffer.Length != destination.Length)
            throw new InvalidOperationException(
                $"A row of the scored view holds {buffer.Length} values, but the type of its column says {destination.Length}.");
        buffer.CopyTo(destination);
    }
}
