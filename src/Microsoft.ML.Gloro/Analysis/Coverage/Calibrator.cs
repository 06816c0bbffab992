using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Split conformal calibration: the quantile of the scores of the true labels.</summary>
internal static class Calibrator
{
    /// <param name="model">A Gloro transformer, or a chain with one.</param>
    /// <param name="calibrationRows">Rows as the model takes them, with labels.</param>
    /// <param name="options">The options, which nobody else changes.</param>
    /// <param name="warn">Receives warnings.</param>
    /// <exception cref="ArgumentException">The options are wrong, or there are too few rows.</exception>
    public static GloroCoverage Run(ITransformer model, IDataView calibrationRows, GloroCoverageOptions options, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(calibrationRows);
        options.Validate();
        GloroTransformer gloro = GloroInChain.Find(model);
        CoverageScoreKind kind = options.Score ?? CoverageScoreKind.Softmax;
        double temperature = kind == CoverageScoreKind.Softmax ? options.Temperature ?? (gloro.Temperature / 2) : 1;

        var scores = new List<double>();
        long missing = 0;
        var checks = new CoverageRowChecks(gloro.GloroModel, options.LabelColumnName);
        new CoveragePass(model, calibrationRows, options.LabelColumnName).Run(
            (label, input, logits, error) =>
            {
                checks.Add(label, input);
                if (label == LabelMap.Missing)
                    missing++;
                else
                    scores.Add(Score(label, logits, error));
            },
            options.CancellationToken);

        // A class that the model does not know is in no set: the score of such a label is above all others.
        double Score(int label, ReadOnlySpan<float> logits, RowError error) => label < 0
            ? double.PositiveInfinity
            : CoverageScore.AtMost(kind, temperature, logits, label, gloro.GloroModel.Constants, error, epsilon: 0);

        int rank = CoverageRule.Rank(scores.Count, options.Coverage);
        if (rank > scores.Count)
            throw TooFew(scores.Count, missing, options);
        checks.WarnOfCalibrationRows(warn);

        scores.Sort();
        var rule = new CoverageRule(kind, temperature, options.Coverage, scores.Count, scores[rank - 1], options.AlwaysIncludePrediction);
        return new GloroCoverage
        {
            Model = GloroInChain.Replace(model, part => part.With(rule)),
            Coverage = options.Coverage,
            Quantile = rule.Quantile,
            RowCount = rule.RowCount,
            Score = kind,
            Temperature = temperature,
        };
    }

    private static ArgumentException TooFew(int rows, long missing, GloroCoverageOptions options)
    {
        int fewest = CoverageRule.FewestRows(options.Coverage);
        FormattableString text =
            $"A coverage of {options.Coverage} needs at least {fewest} calibration rows with a label, and there are {rows}.";
        FormattableString more = $" {missing} more have no label in column '{options.LabelColumnName}'.";
        return new ArgumentException(FormattableString.Invariant(text) + (missing > 0 ? FormattableString.Invariant(more) : ""));
    }
}
