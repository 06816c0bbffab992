using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Finds affinity sets on search rows and measures them on held-out rows.</summary>
internal static class AffinityDiscoverer
{
    private const int MostPairs = 20;

    /// <summary>Reads and discovers; see <see cref="GloroCatalog"/>.</summary>
    public static GloroAffinityDiscovery Run(IDataView scored, GloroAffinityDiscoveryOptions options, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        options.Validate();
        var columns = ScoredColumns.Find(scored, options.LabelColumnName, options.OutputColumnPrefix);
        float epsilon = EvaluationArguments.Epsilon(options.Epsilon, columns, options.OutputColumnPrefix);
        var (finding, heldOut) = ReadParts(scored, columns, epsilon, Size(columns, options), options, warn);
        return Discover(finding, heldOut, columns, epsilon, options);
    }

    /// <summary>The maximum set size: fewer than all classes, and at most the number of radii.</summary>
    public static int Size(ScoredColumns columns, GloroAffinityDiscoveryOptions options) =>
        Math.Min(options.MaximumSetSize, Math.Min(columns.ClassNames.Count - 1, columns.RadiiCount));

    /// <summary>Reads the search rows and the held-out rows. <paramref name="scored"/> is read once.</summary>
    /// <exception cref="ArgumentException">One of the parts is empty, or the held-out view comes from another model.</exception>
    public static (RowCertificates Finding, RowCertificates HeldOut) ReadParts(
        IDataView scored, ScoredColumns columns, float epsilon, int depth, GloroAffinityDiscoveryOptions options, Action<string>? warn)
    {
        ScoredColumns? others = options.HeldOut is { } view
            ? ScoredColumns.Find(view, options.LabelColumnName, options.OutputColumnPrefix)
            : null;
        if (others is not null && !(others.ClassNames.SequenceEqual(columns.ClassNames) && others.RadiiCount >= depth))
        {
            throw new ArgumentException("The held-out view has other classes or fewer radii than the scored view. " +
                "Pass two views that the Transform of one model returned.", nameof(options));
        }

        var rows = RowCertificates.Read(scored, columns, epsilon, depth, options.CancellationToken, warn);
        if (others is not null)
            return (rows, RowCertificates.Read(options.HeldOut!, others, epsilon, depth, options.CancellationToken, warn));
        var finding = rows.Where(row => !RowSplit.IsHeldOut(row, options.Seed, options.HeldOutFraction));
        var heldOut = rows.Where(row => RowSplit.IsHeldOut(row, options.Seed, options.HeldOutFraction));
        return finding.Count > 0 && heldOut.Count > 0
            ? (finding, heldOut)
            : throw new ArgumentException($"The scored view has {rows.Count:N0} rows with a label, too few to find sets on some rows and " +
                "to measure them on others. Pass more rows.", nameof(scored));
    }

    public static GloroAffinityDiscovery Discover(
        RowCertificates finding, RowCertificates heldOut, ScoredColumns columns, float epsilon, GloroAffinityDiscoveryOptions options)
    {
        IReadOnlyList<string> names = columns.ClassNames;
        int size = Size(columns, options);
        var pairs = new BlockedPairs(finding, names.Count, size);
        int[][] found = [.. new AffinitySearch(finding, names, options, size, pairs).Run()];
        Dictionary<int[], double> findingGains = found.ToDictionary(set => set, set => Gain(finding, found, set));
        int[][] sets = [.. found.OrderByDescending(set => findingGains[set])];

        GuaranteeFigures local = Figures(heldOut, []), all = Figures(heldOut, sets);
        var (gain, error) = all.Beyond(local);
        return new GloroAffinityDiscovery
        {
            Sets = sets.Length == 0 ? null : ToSets(sets),
            Details = Array.AsReadOnly([.. sets.Select(Detail)]),
            Epsilon = epsilon,
            InTolerances = columns.ReadTolerances() is not null,
            MaximumSetSize = size,
            BitPrice = options.BitPrice ?? GuaranteeSuggester.FairBitPrice(names.Count),
            FindingRowCount = finding.Count,
            BlockedFraction = (double)pairs.BlockedRows / finding.Count,
            HelpedFraction = (double)pairs.HelpedRows / finding.Count,
            BlockingPairs = Array.AsReadOnly([.. Worst(pairs, names, finding.Count)]),
            HeldOutRowCount = heldOut.Count,
            LocalVerifiedRobustAccuracy = local.VerifiedRobustAccuracy,
            VerifiedRobustAccuracy = all.VerifiedRobustAccuracy,
            Gain = gain,
            GainStandardError = error,
            MeanLoosestSetSize = all.MeanLoosestSetSize,
            BitsLeftOpen = all.BitsLeftOpen,
        };

        GloroDiscoveredSet Detail(int[] set)
        {
            var without = Figures(heldOut, Others(sets, set));
            var (brings, standardError) = all.Beyond(without);
            return new GloroDiscoveredSet
            {
                Classes = Array.AsReadOnly([.. set.Select(c => names[c])]),
                VerifiedRobustAccuracyWithout = without.VerifiedRobustAccuracy,
                Gain = brings,
                GainStandardError = standardError,
                GainAlone = Figures(heldOut, [set]).Beyond(local).Gain,
                FindingGain = findingGains[set],
                Bits = all.BitsLeftOpen - without.BitsLeftOpen,
            };
        }

        double Gain(RowCertificates rows, int[][] within, int[] set) =>
            Figures(rows, within).Beyond(Figures(rows, Others(within, set))).Gain;

        GuaranteeFigures Figures(RowCertificates rows, int[][] within)
        {
            var guarantee = within.Length == 0
                ? RobustnessGuarantee.Local : RobustnessGuarantee.Affinity(AffinitySets.FromIndices(within));
            return GuaranteeFigures.Of(rows, ResolvedGuarantee.Bind(guarantee, names));
        }

        bool HasUsableNames() => names.Distinct(StringComparer.Ordinal).Count() == names.Count && names.All(name => name.Length > 0);

        AffinitySets ToSets(int[][] indices) => HasUsableNames()
            ? AffinitySets.FromNames(indices.Select(set => set.Select(c => names[c])))
            : AffinitySets.FromIndices(indices);
    }

    private static int[][] Others(int[][] sets, int[] set) => [.. sets.Where(other => other != set)];

    private static IEnumerable<GloroBlockingPair> Worst(BlockedPairs pairs, IReadOnlyList<string> names, int rows)
    {
        var all = from i in Enumerable.Range(0, names.Count)
                  from j in Enumerable.Range(i + 1, names.Count - i - 1)
                  where pairs[i, j] > 0
                  let isInOrder = string.CompareOrdinal(names[i], names[j]) <= 0
                  select new GloroBlockingPair(names[isInOrder ? i : j], names[isInOrder ? j : i], pairs[i, j], (double)pairs[i, j] / rows);
        return all.OrderByDescending(pair => pair.RowCount).ThenBy(pair => pair.First, StringComparer.Ordinal)
            .ThenBy(pair => pair.Second, StringComparer.Ordinal).Take(MostPairs);
    }
}
