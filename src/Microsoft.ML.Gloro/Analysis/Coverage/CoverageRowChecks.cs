using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Signs that rows are not exchangeable with the rows to come, as far as the rows alone show them. They are signs and no proof, so they
/// are warnings. What leaves no trace (calibration on training rows, rows of another source) is left to the documentation.
/// </summary>
internal sealed class CoverageRowChecks(GloroModel model, string labelColumnName)
{
    // Rows that repeat others are normal in small tables; a copied or augmented set repeats more.
    private const double ManyRepeats = 0.05;

    // A class that is absent by chance less often than this.
    private const double Unlikely = 0.001;
    private const int Named = 5;

    private readonly long[] _rows = new long[model.ClassNames.Count];
    private readonly HashSet<(int Label, int First, int Second)> _seen = [];
    private long _missing, _unknown, _repeats;
    private int _last = -1;
    private bool _isSorted = true, _meetsQuantile;

    /// <summary>Rows with a label that the model knows.</summary>
    public long Known { get; private set; }

    /// <summary>Adds a row; its label may be one of LabelMap's negative numbers.</summary>
    public void Add(int label, ReadOnlySpan<float> input)
    {
        if (label < 0)
        {
            _missing += label == LabelMap.Missing ? 1 : 0;
            _unknown += label == LabelMap.Missing ? 0 : 1;
            return;
        }

        Known++;
        _rows[label]++;
        _isSorted &= label >= _last;
        _last = label;
        _repeats += _seen.Add((label, Hash(input, 1), Hash(input, 2))) ? 0 : 1;
    }

    /// <summary>
    /// The quantile is the score of one calibration row. Another row has the same score in all its bits hardly ever, so a row that does
    /// is most likely that row. Nothing needs to be kept for this.
    /// </summary>
    public void CompareWithQuantile(double score) =>
        _meetsQuantile |= score == model.Coverage!.Quantile && double.IsFinite(score);

    /// <summary>Warns of what calibration rows have.</summary>
    public void WarnOfCalibrationRows(Action<string> warn)
    {
        WarnOfLabels(warn, "calibration rows");
        if (_unknown > 0)
        {
            warn(FormattableString.Invariant($"{_unknown:N0} calibration rows have a class that the model does not know. No set can ") +
                "hold it, so these rows make all sets larger.");
        }

        if (_repeats > ManyRepeats * Known)
        {
            warn(FormattableString.Invariant($"{_repeats:N0} of {Known:N0} calibration rows repeat the features and label of another ") +
                "one. If they were copied or oversampled, calibrate each row once: the coverage is promised for rows that were drawn one " +
                "by one.");
        }

        if (Absent() is { Count: > 0 } absent)
        {
            const string Sorted = " The rows come in the order of their classes: were they cut off a sorted table? Shuffle it first.";
            string order = _isSorted ? Sorted : "", more = absent.Count > Named ? ", …" : "";
            string names = string.Join(", ", absent.Take(Named).Select(i => $"'{model.ClassNames[i]}'")) + more;
            warn(FormattableString.Invariant($"No calibration row has one of {absent.Count:N0} classes of the model ({names}), which is ") +
                $"unlikely by chance. Calibration rows must come from the same source as the rows to score.{order}");
        }
    }

    /// <summary>Warns of what rows to evaluate have.</summary>
    public void WarnOfTestRows(Action<string> warn)
    {
        WarnOfLabels(warn, "rows");
        if (_unknown > 0)
        {
            warn(FormattableString.Invariant($"{_unknown:N0} rows have a class that the model does not know. No set holds it, and they ") +
                "are left out.");
        }

        if (_meetsQuantile)
        {
            warn("A row has exactly the score that the calibration took for its quantile, so calibration rows are probably among the " +
                "rows. Measure the coverage on other rows.");
        }
    }

    private void WarnOfLabels(Action<string> warn, string rows)
    {
        if (_missing > 0)
            warn(LabelColumn.MissingWarning(labelColumnName, _missing, Known + _unknown + _missing, rows));
    }

    /// <summary>
    /// Classes without a row that would have one but for a chance of <see cref="Unlikely"/>, if classes were as frequent as in training,
    /// or all the same where that is not known.
    /// </summary>
    private List<int> Absent()
    {
        long trained = model.TrainingRowCounts.Sum(count => (long)count);
        double Share(int i) => trained > 0 ? (double)model.TrainingRowCounts[i] / trained : 1.0 / _rows.Length;
        return [.. Enumerable.Range(0, _rows.Length).Where(i => _rows[i] == 0 && Math.Pow(1 - Share(i), Known) < Unlikely)];
    }

    // HashCode is seeded for each process, which does no harm here. Two of them make a collision among rows that differ negligible.
    private static int Hash(ReadOnlySpan<float> input, int salt)
    {
        var hash = default(HashCode);
        hash.Add(salt);
        hash.AddBytes(MemoryMarshal.AsBytes(input));
        return hash.ToHashCode();
    }
}
