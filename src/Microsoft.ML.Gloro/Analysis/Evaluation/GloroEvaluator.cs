using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Computes <see cref="GloroMetrics"/> from the columns of a scored view in one pass. The class order and r_1 … r_Kmax determine the result
/// for every guarantee and ε.
/// </summary>
internal static class GloroEvaluator
{
    /// <param name="mlContext">Computes ML.NET's own metrics.</param>
    /// <param name="scored">The output of a Gloro model's Transform.</param>
    /// <param name="labelColumnName">A key column; its keys are matched to the model's classes by name.</param>
    /// <param name="guarantee">The guarantee to evaluate, or null for the model's own.</param>
    /// <param name="epsilon">The L2 radius to evaluate at, or null for the model's own.</param>
    /// <param name="prefix">The prefix of the scored columns.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or has the wrong type, the guarantee does not fit the model, or no row has a label.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is negative, NaN or infinite.</exception>
    public static GloroMetrics Evaluate(
        MLContext mlContext, IDataView scored, string labelColumnName, RobustnessGuarantee? guarantee, float? epsilon, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        ArgumentNullException.ThrowIfNull(prefix);
        if (epsilon is { } given)
            EvaluationArguments.CheckEpsilon(given, nameof(epsilon));

        var columns = ScoredColumns.Find(scored, labelColumnName, prefix);
        guarantee ??= columns.ReadGuarantee() ?? throw EvaluationArguments.NotAnnotated("guarantee", prefix, nameof(guarantee));
        float radius = EvaluationArguments.Epsilon(epsilon, columns, prefix);
        ResolvedGuarantee bound = EvaluationArguments.Bind(guarantee, columns);

        var tally = new RowTally(bound, radius);
        var tallied = new TalliedView(scored, columns, tally);
        MulticlassClassificationMetrics? classification = Pass(mlContext, tallied, columns.Score is not null);
        if (tally.Rows == 0)
            throw EvaluationArguments.NoRows(tally.MissingLabelRows, labelColumnName, "to evaluate", nameof(scored));
        using IChannel channel = ((IHostEnvironment)mlContext).Register("Gloro", null, null).Start("Evaluation");
        if (tally.MissingLabelRows > 0)
        {
            long all = tally.Rows + tally.MissingLabelRows;
            channel.Warning(MessageSensitivity.Schema, LabelColumn.MissingWarning(labelColumnName, tally.MissingLabelRows, all, "rows"));
        }

        if (tally.UnknownLabelRows > 0)
        {
            string rows = FormattableString.Invariant($"{tally.UnknownLabelRows:N0} of {tally.Rows:N0} rows");
            channel.Warning(
                MessageSensitivity.Schema,
                $"{rows} have a label in column '{labelColumnName}' that is not a class of the model. They count as wrong.");
        }

        return tally.ToMetrics(guarantee, columns.ReadArithmetic(), columns.ClassNames, classification, columns.ReadTolerances());
    }

    private static MulticlassClassificationMetrics? Pass(MLContext mlContext, TalliedView view, bool hasScore)
    {
        if (hasScore)
            return mlContext.MulticlassClassification.Evaluate(view, TalliedView.Label, TalliedView.Score, TalliedView.PredictedLabel);
        using DataViewRowCursor cursor = view.GetRowCursor([]);
        while (cursor.MoveNext())
        {
            // MoveNext adds the row to the tally.
        }

        return null;
    }
}
