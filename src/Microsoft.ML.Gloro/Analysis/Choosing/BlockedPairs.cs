namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// How many rows each pair of classes blocks: rows that local robustness does not prove, and of whose smallest set that would do (see
/// <see cref="RowCertificates.NeededK"/>) both are part.
/// </summary>
internal sealed class BlockedPairs
{
    // Of a Poisson count, more standard deviations above its mean than one pair in 700 is by chance.
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

    /// <summary>Those of them that some set of the largest size or less would make count.</summary>
    public int HelpedRows { get; }

    public long this[int a, int b] => counts[(Math.Min(a, b) * ClassCount) + Math.Max(a, b)];

    /// <summary>
    /// Whether pairs block more rows than chance would have them block, if any two classes were as likely to as their share of the labels
    /// says. Where every pair blocks alike there is no structure for affinity sets to name, and RTK is the guarantee to take.
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
