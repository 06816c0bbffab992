using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Counts how often coverage sets hold the label, on rows that were not used for calibration.</summary>
internal static class CoverageEvaluator
{
    private const double Doubt = 0.001;

    /// <param name="model">A calibrated model.</param>
    /// <param name="rows">Rows as the model takes them, with labels.</param>
    /// <param name="epsilon">ε; null for the model's own.</param>
    /// <param name="labelColumnName">The key column of the true classes.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">The model is not calibrated, or there is no row with a label that it knows.</exception>
    public static GloroCoverageMetrics Run(
        ITransformer model, IDataView rows, float? epsilon, string labelColumnName, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        GloroTransformer gloro = GloroInChain.Find(model);
        CoverageRule rule = gloro.GloroModel.Coverage
            ?? throw new ArgumentException(
                "The model has no coverage sets. Make them with mlContext.Gloro.Calibrate(model, calibrationRows), and evaluate its Model.",
                nameof(model));
        float radius = epsilon ?? gloro.Epsilon;
        EvaluationArguments.CheckEpsilon(radius, nameof(epsilon));

        MarginConstants constants = gloro.GloroModel.Constants;
        int classes = gloro.ClassNames.Count;
        var set = new int[classes];
        long[] rowsOf = new long[classes], coveredOf = new long[classes];
        long labels = 0, singletons = 0, empty = 0, safe = 0;
        new CoveragePass(model, rows, labelColumnName).Run(
            (label, logits, error) =>
            {
                if (label < 0)
                    return;
                error = gloro.Guard.ErrorWithin(radius, error);
                int count = rule.Labels(logits, constants, error, radius, set);
                rowsOf[label]++;
                coveredOf[label] += set.AsSpan(0, count).Contains(label) ? 1 : 0;
                labels += count;
                singletons += count == 1 ? 1 : 0;
                empty += count == 0 ? 1 : 0;
                safe += CoverageScore.AtMost(rule.Kind, rule.Temperature, logits, label, constants, error, radius) <= rule.Quantile ? 1 : 0;
            },
            cancellation);

        long n = rowsOf.Sum();
        if (n == 0)
        {
            throw new ArgumentException(
                $"No row has a label in column '{labelColumnName}' that the model knows: there is nothing to evaluate.", nameof(rows));
        }

        double covered = (double)coveredOf.Sum() / n, safeShare = (double)safe / n;
        return new GloroCoverageMetrics
        {
            Coverage = rule.Coverage,
            Epsilon = radius,
            InTolerances = gloro.GloroModel.Network.Metric is not null,
            RowCount = n,
            CoveredFraction = covered,
            StandardError = Math.Sqrt(covered * (1 - covered) * ((1.0 / n) + (1.0 / rule.RowCount))),
            MeanSetSize = (double)labels / n,
            SingletonFraction = (double)singletons / n,
            EmptyFraction = (double)empty / n,
            PlainCoveredUnderAttackFraction = safeShare,
            PlainCoverageUnderAttack = Math.Max(0, safeShare - Math.Sqrt(Math.Log(1 / Doubt) / (2.0 * n))),
            PerClass = Array.AsReadOnly([.. gloro.ClassNames.Select((name, i) =>
                new GloroClassCoverage(name, rowsOf[i], rowsOf[i] == 0 ? 0 : (double)coveredOf[i] / rowsOf[i]))]),
        };
    }
}
