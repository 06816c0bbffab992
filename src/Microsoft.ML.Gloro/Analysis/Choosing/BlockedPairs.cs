namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Counts the rows that each pair of classes blocks: rows that do not count for local VRA and whose smallest sufficient set (see
/// <see cref="RowCertificates.NeededK"/>) contains both classes.
/// </summary>
internal sealed class BlockedPairs
{
    // A Poisson count exceeds its mean by this many standard deviations by chance in about one of 700 cases.
    private const double StandardDeviations = 3;

    private readonly long[] counts;
    private readonly double[] labels;
    private readonly double labelPairs;
    private readonly long total;

    /// <param name="rows">The rows to count on.</param>
    /// <param name="classCount">C.</param>
    /// <param name="largestK">The largest set to look for.</param>
    public BlockedPairs(RowCertificates rows, int classCount, int largestK)
    {
        (ClassCount, counts, labels) = (classCount, new long[checked(classCount * classCount)], new double[classCount]);
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows.Label(row) >= 0)
                labels[rows.Label(row)]++;
            int needed = rows.NeededK(row, largestK);
            BlockedRows += needed == 1 ? 0 : 1;
            HelpedRows += needed > 1 ? 1 : 0;
            for (int i = 0; i < needed; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    int a = rows.Class(row, i), b = rows.Class(row, j);
                    counts[(Math.Min(a, b) * classCount) + Math.Max(a, b)]++;
                    total++;
                }
            }
        }

        double sum = labels.Sum(), squares = labels.Sum(count => count * count);
        labelPairs = ((sum * sum) - squares) / 2;
    }

    public int ClassCount { get; }

    /// <summary>Rows that do not count for local VRA.</summary>
    public int BlockedRows { get; }

    /// <summary>The blocked rows that some set of at most the largest size would make count.</summary>
    public int HelpedRows { get; }

    public long this[int a, int b] => counts[(Math.Min(a, b) * ClassCount) + Math.Max(a, b)];

    /// <summary>
    /// Whether pairs block more rows than expected by chance, given each class's share of the labels. If all pairs block alike, the data
    /// has no structure for affinity sets, and RTK is the better guarantee.
    /// </summary>
    public bool AreAboveChance(IEnumerable<(int A, int B)> pairs)
    {
        double expected = 0;
        long found = 0;
        foreach (var (a, b) in pairs)
        {
            found += this[a, b];
            expected += labels[a] * labels[b];
        }

        expected *= labelPairs > 0 ? total / labelPairs : 0;
        return found > expected + (StandardDeviations * Math.Sqrt(expected));
    }
}
