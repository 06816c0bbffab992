using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Counts how often coverage sets hold the label, on rows that were not used for calibration.</summary>
internal static class CoverageEvaluator
{
    /// <param name="model">A calibrated model.</param>
    /// <param name="rows">Rows as the model takes them, with labels.</param>
    /// <param name="radii">Values of ε; null for the model's own.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <param name="warn">Receives warnings.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">The model is not calibrated, or there is no row with a label that it knows.</exception>
    public static IReadOnlyList<GloroCoverageMetrics> Run(
        ITransformer model, IDataView rows, IReadOnlyList<float>? radii, string labelColumnName, Action<string> warn,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        GloroTransformer gloro = GloroInChain.Find(model);
        CoverageRule rule = gloro.GloroModel.Coverage
            ?? throw new ArgumentException(
                "The model has no coverage sets. Make them with mlContext.Gloro.Calibrate(model, calibrationRows), and evaluate its Model.",
                nameof(model));
        CoverageTally[] tallies = [.. (radii ?? [gloro.Epsilon]).Select(epsilon =>
        {
            EvaluationArguments.CheckEpsilon(epsilon, nameof(epsilon));
            return new CoverageTally(gloro.GloroModel, gloro.Guard, epsilon);
        })];
        var checks = new CoverageRowChecks(gloro.GloroModel, labelColumnName);
        new CoveragePass(model, rows, labelColumnName).Run(
            (label, input, logits, error) =>
            {
                checks.Add(label, input);
                if (label < 0)
                    return;
                foreach (CoverageTally tally in tallies)
                    tally.Add(label, logits, error);
                checks.CompareWithQuantile(CoverageScore.AtMost(
                    rule.Kind, rule.Temperature, logits, label, gloro.GloroModel.Constants, error, epsilon: 0));
            },
            cancellation);

        if (checks.Known == 0)
        {
            throw new ArgumentException(
                $"No row has a label in column '{labelColumnName}' that the model knows: there is nothing to evaluate.", nameof(rows));
        }

        checks.WarnOfTestRows(warn);
        return [.. tallies.Select(tally => tally.ToMetrics())];
    }
}
