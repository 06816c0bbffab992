namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The margin Lipschitz constants K_ij of a model: |(y_j − y_i)(x) − (y_j − y_i)(x′)| ≤ K_ij·‖x − x′‖₂. Every entry is an upper bound.
/// Immutable and thread-safe.
/// </summary>
internal sealed class MarginConstants
{
    /// <summary>
    /// What a zero is raised to. Two classes with the same last-layer row have K_ij = 0, and 0/0 would make a NaN of a tie. Raising an
    /// upper bound is always sound; with the smallest normal double a tie still gives 0/K = 0, and the smallest margin of two floats gives
    /// 2^−149 / 2^−1022, far beyond the largest float: such a pair limits no radius.
    /// </summary>
    internal const double Smallest = 2.2250738585072014E-308;

    private readonly double[] _values;

    /// <param name="values">
    /// K in row-major order, [classes, classes], symmetric; the diagonal is ignored. The array is copied.
    /// </param>
    /// <param name="classCount">C, at least 2.</param>
    /// <exception cref="ArgumentException">
    /// Fewer than two classes, a wrong length, or an entry that is NaN, infinite, negative or not symmetric.
    /// </exception>
    public MarginConstants(double[] values, int classCount)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (classCount < 2)
            throw new ArgumentException($"Margins need at least two classes, not {classCount}.", nameof(classCount));
        if (values.LongLength != (long)classCount * classCount)
            throw new ArgumentException(
                $"{classCount} classes need {(long)classCount * classCount} margin Lipschitz constants, not " +
                $"{values.Length}.", nameof(values));

        (_values, ClassCount) = ((double[])values.Clone(), classCount);
        for (var i = 0; i < classCount; i++)
        {
            for (var j = 0; j < classCount; j++)
            {
                ref var value = ref _values[(i * classCount) + j];
                if (i == j)
                {
                    value = 0;
                    continue;
                }
                if (!double.IsFinite(value) || value < 0)
                    throw new ArgumentException(
                        $"The margin Lipschitz constant of classes {i} and {j} is {value}; it must be a finite number of at least 0. " +
                        "Are the weights finite?", nameof(values));
                if (value != values[(j * classCount) + i])
                    throw new ArgumentException(
                        $"The margin Lipschitz constants of classes {i} and {j} differ with the order: {value} and " +
                        $"{values[(j * classCount) + i]}.", nameof(values));
                value = Math.Max(value, Smallest);
            }
        }
    }

    /// <summary>C.</summary>
    public int ClassCount { get; }

    /// <summary>K_ij; positive off the diagonal (see <see cref="Smallest"/>), 0 on it.</summary>
    public double this[int i, int j] => Row(i)[j];

    /// <summary>K_ij for one i and every j; also column i, since K is symmetric.</summary>
    public ReadOnlySpan<double> Row(int classIndex) => _values.AsSpan(checked(classIndex * ClassCount), ClassCount);
}
