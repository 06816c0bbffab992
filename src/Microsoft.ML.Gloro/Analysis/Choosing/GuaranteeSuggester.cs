using Microsoft.ML.Gloro.Core;

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
        double bitPrice = options.BitPrice ?? FairBitPrice(columns.ClassNames.Count);
        GuaranteeSuggestion[] all = Compare(rows, guarantees, columns, bitPrice);
        return new GuaranteeSuggestions
        {
            All = Array.AsReadOnly(all),
            Best = Best(all),
            BestTopK = Best(all[..largestK]),
            Epsilon = epsilon,
            InTolerances = columns.ReadTolerances() is not null,
            RowCount = rows.Count,
            BitPrice = bitPrice,
            ClassCount = columns.ClassNames.Count,
            Discovery = discovery,
        };
    }

    /// <summary>
    /// The price at which the answer "all classes" for every row is worth nothing: its VRA of 1 pays for its log2 C bits.
    /// </summary>
    public static double FairBitPrice(int classCount) => 1 / Math.Log2(classCount);

    private static GuaranteeSuggestion[] Compare(
        RowCertificates rows, List<(RobustnessGuarantee Guarantee, bool IsDiscovered)> guarantees, ScoredColumns columns, double bitPrice)
    {
        ResolvedGuarantee[] resolved = [.. guarantees.Select(item => EvaluationArguments.Bind(item.Guarantee, columns))];
        GuaranteeFigures[] figures = [.. resolved.Select(guarantee => GuaranteeFigures.Of(rows, guarantee))];
        var rated = guarantees.Zip(figures, resolved).Select(each => (Item: each.First, Of: each.Second, each.Third.MaxK));
        return [.. rated.Select(each => new GuaranteeSuggestion
        {
            Guarantee = each.Item.Guarantee,
            IsDiscovered = each.Item.IsDiscovered,
            VerifiedRobustAccuracy = each.Of.VerifiedRobustAccuracy,
            StandardError = each.Of.StandardError,
            Top1VerifiedRobustAccuracy = each.Of.Top1VerifiedRobustAccuracy,
            CertifiedFraction = each.Of.CertifiedFraction,
            MeanLoosestSetSize = each.Of.MeanLoosestSetSize,
            BitsLeftOpen = each.Of.BitsLeftOpen,
            Worth = each.Of.VerifiedRobustAccuracy - (bitPrice * each.Of.BitsLeftOpen),
            IsParetoOptimal = !Array.Exists(figures, other => IsBetter(other, each.Of)),
            IsTooLoose = 2 * each.MaxK > columns.ClassNames.Count,
        })];
    }

    private static bool IsBetter(GuaranteeFigures other, GuaranteeFigures than) =>
        other.VerifiedRobustAccuracy >= than.VerifiedRobustAccuracy && other.BitsLeftOpen <= than.BitsLeftOpen &&
        (other.VerifiedRobustAccuracy > than.VerifiedRobustAccuracy || other.BitsLeftOpen < than.BitsLeftOpen);

    // OrderBy is stable, so the first of equals wins. Local robustness is always there, and is never too loose.
    private static GuaranteeSuggestion Best(IEnumerable<GuaranteeSuggestion> all) =>
        all.Where(one => !one.IsTooLoose).OrderByDescending(one => one.Worth).ThenBy(one => one.BitsLeftOpen).First();
}
