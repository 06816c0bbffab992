namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Greedy search for affinity sets. Candidates are the sets that blocked rows need, alone or merged with chosen sets; each step takes the
/// one that raises VRA − price · bits most, until none does. Then sets with too little gain are dropped.
/// </summary>
/// <remarks>
/// Bits are the mean over rows of log2 of the certified set size. A larger set also enlarges the certified sets of rows that did not need
/// it; without the price the largest sets would always win. Ties are broken by class name, so numbering does not matter.
/// </remarks>
internal sealed class AffinitySearch
{
    private readonly RowCertificates rows;
    private readonly GloroAffinityDiscoveryOptions options;
    private readonly int largestSize;
    private readonly BlockedPairs pairs;
    private readonly int[] rankOf;
    private readonly int[][] rowsOfTop;
    private readonly int[][] needs;
    private readonly bool[] isIn;

    // The state under the sets chosen so far.
    private readonly int[] certifiedK;
    private readonly List<int[]> sets = [];

    /// <param name="rows">The search rows.</param>
    /// <param name="classNames">The model's classes.</param>
    /// <param name="options">Price, minimum gain, overlap.</param>
    /// <param name="largestSize">The largest set; less than the number of classes.</param>
    /// <param name="pairs">The blocked rows of each pair.</param>
    public AffinitySearch(
        RowCertificates rows, IReadOnlyList<string> classNames, GloroAffinityDiscoveryOptions options, int largestSize, BlockedPairs pairs)
    {
        (this.rows, this.options, this.largestSize, this.pairs) = (rows, options, largestSize, pairs);
        int[] byName = [.. Enumerable.Range(0, classNames.Count).OrderBy(i => classNames[i], StringComparer.Ordinal)];
        rankOf = new int[byName.Length];
        for (int rank = 0; rank < byName.Length; rank++)
            rankOf[byName[rank]] = rank;
        isIn = new bool[byName.Length];
        var byTop = Enumerable.Range(0, rows.Count).ToLookup(row => rows.Class(row, 0));
        rowsOfTop = [.. Enumerable.Range(0, byName.Length).Select(top => byTop[top].ToArray())];
        certifiedK = [.. Enumerable.Range(0, rows.Count).Select(row => rows.Holds(row, 1) ? 1 : 0)];
        needs = Distinct(Enumerable.Range(0, rows.Count).Select(row => (row, k: rows.NeededK(row, largestSize))).Where(need => need.k > 1)
            .Select(need => Enumerable.Range(0, need.k).Select(place => rows.Class(need.row, place))));
    }

    /// <summary>The sets found, as class indices in the order of names.</summary>
    public IReadOnlyList<int[]> Run()
    {
        while (Best() is { } best)
            Take(best);
        DropTheUseless();
        return sets;
    }

    private int[]? Best()
    {
        int[]? best = null;
        double most = 0;
        foreach (int[] candidate in Candidates())
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            double raise = Raise(candidate);
            if (raise > most && pairs.AreAboveChance(NewPairs(candidate)))
                (best, most) = (candidate, raise);
        }

        return best;
    }

    /// <summary>
    /// The next candidates: what a row needs, merged with the sets it touches (all of them if sets may not overlap, otherwise none or one).
    /// </summary>
    private int[][] Candidates()
    {
        var candidates = new List<IEnumerable<int>>();
        foreach (int[] need in needs)
        {
            if (sets.Exists(set => need.All(set.Contains)))
                continue;
            int[][] touched = [.. sets.Where(set => set.Any(need.Contains))];
            if (!options.AllowOverlap)
            {
                candidates.Add(touched.SelectMany(set => set).Union(need));
                continue;
            }

            candidates.Add(need);
            candidates.AddRange(touched.Select(set => set.Union(need)));
        }

        return Distinct(candidates.Where(candidate => candidate.Count() <= largestSize));
    }

    /// <summary>
    /// The rise of VRA − price · bits, times the number of rows. A candidate replaces only its subsets, so no row's certified set shrinks.
    /// </summary>
    private double Raise(int[] candidate)
    {
        Mark(candidate, true);
        int won = 0;
        double bits = 0;
        foreach (int top in candidate)
        {
            foreach (int row in rowsOfTop[top])
            {
                int before = certifiedK[row], after = Math.Max(before, LargestWithinMarked(row));
                if (after == before)
                    continue;
                bits += Math.Log2(after) - Math.Log2(Math.Max(before, 1));
                won += rows.Position(row) > before && rows.Position(row) <= after ? 1 : 0;
            }
        }

        Mark(candidate, false);
        return won - (options.BitPrice * bits);
    }

    private void Take(int[] set)
    {
        sets.RemoveAll(other => other.All(set.Contains));
        sets.Add(set);
        Mark(set, true);
        foreach (int row in set.SelectMany(top => rowsOfTop[top]))
            certifiedK[row] = Math.Max(certifiedK[row], LargestWithinMarked(row));
        Mark(set, false);
    }

    /// <summary>
    /// Repeatedly drops the set with the smallest gain while it is below the minimum gain or not worth its bits.
    /// </summary>
    private void DropTheUseless()
    {
        while (sets.Count > 0)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            var (least, won, worth) = sets.Select(set => (Set: set, Loss: LossWithout(set)))
                .Select(item => (item.Set, item.Loss.Won, item.Loss.Worth)).MinBy(item => item.Won);
            if (won >= options.MinimumGain * rows.Count && worth > 0)
                return;
            sets.Remove(least);
        }
    }

    private (int Won, double Worth) LossWithout(int[] set)
    {
        int[][] others = [.. sets.Where(other => other != set)];
        int won = 0;
        double bits = 0;
        foreach (int row in set.SelectMany(top => rowsOfTop[top]))
        {
            int without = LargestWithin(row, others), with = Math.Max(without, LargestWithin(row, [set]));
            if (with == without)
                continue;
            bits += Math.Log2(with) - Math.Log2(Math.Max(without, 1));
            won += rows.Position(row) > without && rows.Position(row) <= with ? 1 : 0;
        }

        return (won, won - (options.BitPrice * bits));
    }

    private int LargestWithin(int row, int[][] within)
    {
        int largest = rows.Holds(row, 1) ? 1 : 0;
        foreach (int[] set in within)
        {
            if (!set.Contains(rows.Class(row, 0)))
                continue;
            Mark(set, true);
            largest = Math.Max(largest, LargestWithinMarked(row));
            Mark(set, false);
        }

        return largest;
    }

    /// <summary>The largest k with F^k within the marked classes that holds at ε.</summary>
    private int LargestWithinMarked(int row)
    {
        int largest = 0;
        for (int k = 1; k <= largestSize && isIn[rows.Class(row, k - 1)]; k++)
        {
            if (rows.Holds(row, k))
                largest = k;
        }

        return largest;
    }

    /// <summary>The pairs of a set that no chosen set contains.</summary>
    private IEnumerable<(int A, int B)> NewPairs(int[] candidate) =>
        from i in Enumerable.Range(0, candidate.Length)
        from j in Enumerable.Range(0, i)
        where !sets.Exists(set => set.Contains(candidate[i]) && set.Contains(candidate[j]))
        select (candidate[i], candidate[j]);

    private void Mark(int[] set, bool value)
    {
        foreach (int c in set)
            isIn[c] = value;
    }

    /// <summary>Each set once, its classes by name, small sets first.</summary>
    private int[][] Distinct(IEnumerable<IEnumerable<int>> all) => [.. all.Select(set => set.OrderBy(c => rankOf[c]).ToArray())
        .DistinctBy(set => string.Join(',', set)).OrderBy(set => set.Length).ThenBy(set => set, Comparer<int[]>.Create(CompareNames))];

    private int CompareNames(int[]? first, int[]? second)
    {
        for (int i = 0; i < first!.Length; i++)
        {
            int difference = rankOf[first[i]].CompareTo(rankOf[second![i]]);
            if (difference != 0)
                return difference;
        }

        return 0;
    }
}
