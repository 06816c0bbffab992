namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Compares guarantees on the same rows and chooses the best.</summary>
internal static class GuaranteeSuggester
{
    /// <summary>Reads, discovers and compares; see <see cref="GloroCatalog"/>.</summary>
    public static GuaranteeSuggestions Run(IDataView scored, GloroSuggestionOptions options, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(scored);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        options.Validate();
        var columns = ScoredColumns.Find(scored, options.LabelColumnName, options.OutputColumnPrefix);
        float epsilon = EvaluationArguments.Epsilon(options.Epsilon, columns, options.OutputColumnPrefix);
        int largestK = Math.Min(options.LargestK, Math.Min(columns.ClassNames.Count - 1, columns.RadiiCount));
        List<(RobustnessGuarantee Guarantee, bool IsDiscovered)> guarantees =
        [
            .. Enumerable.Range(1, largestK)
                .Select(k => (k == 1 ? RobustnessGuarantee.Local : RobustnessGuarantee.RelaxedTopK(k), false)),
        ];
        int depth = options.Guarantees.Select(guarantee => EvaluationArguments.Bind(guarantee, columns).MaxK).Append(largestK).Max();

        GloroAffinityDiscovery? discovery = null;
        RowCertificates rows;
        if (options.Discovery is { } search)
        {
            depth = Math.Max(depth, AffinityDiscoverer.Size(columns, search));
            (RowCertificates finding, rows) = AffinityDiscoverer.ReadParts(scored, columns, epsilon, depth, search, warn);
            discovery = AffinityDiscoverer.Discover(finding, rows, columns, epsilon, search);
            if (discovery.Sets is not null)
                guarantees.Add((discovery.Guarantee, true));
        }
        else
        {
            rows = RowCertificates.Read(scored, columns, epsilon, depth, options.CancellationToken, warn);
        }

        guarantees.AddRange(options.Guarantees.Select(guarantee => (guarantee, false)));
        GuaranteeSuggestion[] all = Compare(rows, guarantees, columns, options.BitPrice);
        return new GuaranteeSuggestions
        {
            All = Array.AsReadOnly(all),
            Best = Best(all),
            BestTopK = Best(all[..largestK]),
            Epsilon = epsilon,
            RowCount = rows.Count,
            BitPrice = options.BitPrice,
            Discovery = discovery,
        };
    }

    private static GuaranteeSuggestion[] Compare(
        RowCertificates rows, List<(RobustnessGuarantee Guarantee, bool IsDiscovered)> guarantees, ScoredColumns columns, double bitPrice)
    {
        GuaranteeFigures[] figures =
            [.. guarantees.Select(item => GuaranteeFigures.Of(rows, EvaluationArguments.Bind(item.Guarantee, columns)))];
        return [.. guarantees.Zip(figures, (item, of) => new GuaranteeSuggestion
        {
            Guarantee = item.Guarantee,
            IsDiscovered = item.IsDiscovered,
            VerifiedRobustAccuracy = of.VerifiedRobustAccuracy,
            StandardError = of.StandardError,
            Top1VerifiedRobustAccuracy = of.Top1VerifiedRobustAccuracy,
            CertifiedFraction = of.CertifiedFraction,
            MeanCertifiedSetSize = of.MeanCertifiedSetSize,
            BitsLeftOpen = of.BitsLeftOpen,
            Worth = of.VerifiedRobustAccuracy - (bitPrice * of.BitsLeftOpen),
            IsParetoOptimal = !Array.Exists(figures, other => IsBetter(other, of)),
        })];
    }

    private static bool IsBetter(GuaranteeFigures other, GuaranteeFigures than) =>
        other.VerifiedRobustAccuracy >= than.VerifiedRobustAccuracy && other.BitsLeftOpen <= than.BitsLeftOpen &&
        (other.VerifiedRobustAccuracy > than.VerifiedRobustAccuracy || other.BitsLeftOpen < than.BitsLeftOpen);

    // OrderBy is stable, so the first of equals wins.
    private static GuaranteeSuggestion Best(IEnumerable<GuaranteeSuggestion> all) =>
        all.OrderByDescending(one => one.Worth).ThenBy(one => one.BitsLeftOpen).First();
}
