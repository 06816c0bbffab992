using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Counts how often the sets for one ε hold the label.</summary>
internal sealed class CoverageTally(GloroModel model, InputGuard guard, float epsilon)
{
    private const double Doubt = 0.001;

    private readonly CoverageRule _rule = model.Coverage!;
    private readonly int[] _set = new int[model.ClassNames.Count];
    private readonly long[] _rows = new long[model.ClassNames.Count], _covered = new long[model.ClassNames.Count];
    private long _labels, _singletons, _empty, _safe;

    public void Add(int label, ReadOnlySpan<float> logits, RowError error)
    {
        error = guard.ErrorWithin(epsilon, error);
        int count = _rule.Labels(logits, model.Constants, error, epsilon, _set);
        double worst = CoverageScore.AtMost(_rule.Kind, _rule.Temperature, logits, label, model.Constants, error, epsilon);
        _rows[label]++;
        _covered[label] += _set.AsSpan(0, count).Contains(label) ? 1 : 0;
        _labels += count;
        _singletons += count == 1 ? 1 : 0;
        _empty += count == 0 ? 1 : 0;
        _safe += worst <= _rule.Quantile ? 1 : 0;
    }

    /// <summary>The metrics of the rows so far, of which there is one at least.</summary>
    public GloroCoverageMetrics ToMetrics()
    {
        long n = _rows.Sum();
        double covered = (double)_covered.Sum() / n, safe = (double)_safe / n;
        return new GloroCoverageMetrics
        {
            Coverage = _rule.Coverage,
            Epsilon = epsilon,
            InTolerances = model.Network.Metric is not null,
            RowCount = n,
            CoveredFraction = covered,
            StandardError = Proportion.StandardError(covered, n, _rule.RowCount),
            MeanSetSize = (double)_labels / n,
            SingletonFraction = (double)_singletons / n,
            EmptyFraction = (double)_empty / n,
            PlainCoveredUnderAttackFraction = safe,
            PlainCoverageUnderAttack = Math.Max(0, safe - Math.Sqrt(Math.Log(1 / Doubt) / (2.0 * n))),
            PerClass = Array.AsReadOnly([.. model.ClassNames.Select((name, i) =>
                new GloroClassCoverage(name, _rows[i], _rows[i] == 0 ? 0 : (double)_covered[i] / _rows[i]))]),
        };
    }
}
