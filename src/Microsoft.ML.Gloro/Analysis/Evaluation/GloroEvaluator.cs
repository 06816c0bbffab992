using Microsoft.ML.Data;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Computes <see cref="GloroMetrics"/> from a scored view, in one streaming pass and from columns alone: r_1 … r_Kmax with the class order
/// answer every guarantee at every ε.
/// </summary>
internal static class GloroEvaluator
{
    /// <param name="mlContext">For ML.NET's own metrics.</param>
    /// <param name="scored">What the Transform of a Gloro model gave.</param>
    /// <param name="labelColumnName">A key column; its keys are matched with the model's classes by name.</param>
    /// <param name="guarantee">The guarantee to evaluate, or null for the model's own.</param>
    /// <param name="epsilon">The L2 radius to evaluate at, or null for the model's own.</param>
    /// <param name="prefix">The prefix of the scored columns.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of a wrong type, the guarantee does not fit the model, or no row has a label.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="epsilon"/> is negative, NaN or infinite.</exception>
    public static GloroMetrics Evaluate(MLContext mlContext, IDataView scored, string labelColumnName, RobustnessGuarantee? guarantee, float? epsilon, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        ArgumentNullException.ThrowIfNull(prefix);
        if (epsilon is { } given)
            EvaluationArguments.CheckEpsilon(given, nameof(epsilon));

        var columns = ScoredColumns.Find(scored, labelColumnName, prefix);
        guarantee ??= columns.ReadGuarantee() ?? throw new ArgumentException(
            $"The scored view does not say which guarantee its model was made for (no annotation on '{OutputColumns.Name(OutputColumn.CertifiedRadius, prefix)}'). Give one.", nameof(guarantee));
        float radius = EvaluationArguments.Epsilon(epsilon, columns, prefix);
        ResolvedGuarantee bound = EvaluationArguments.Bind(guarantee, columns);

        var tally = new RowTally(bound, radius);
        MulticlassClassificationMetrics? classification = Pass(mlContext, new TalliedView(scored, columns, tally), columns.Score is not null);
        if (tally.Rows == 0)
            throw EvaluationArguments.NoRows(tally.MissingLabelRows, labelColumnName, "to evaluate", nameof(scored));
        return tally.ToMetrics(guarantee, columns.ReadArithmetic(), columns.ClassNames, classification);
    }

    private static MulticlassClassificationMetrics? Pass(MLContext mlContext, TalliedView view, bool hasScore)
    {
        if (hasScore)
            return mlContext.MulticlassClassification.Evaluate(view, TalliedView.Label, TalliedView.Score, TalliedView.PredictedLabel);
        using DataViewRowCursor cursor = view.GetRowCursor([]);
        while (cursor.MoveNext())
        {
            // Moving is what adds the row.
        }

        return null;
    }
}
