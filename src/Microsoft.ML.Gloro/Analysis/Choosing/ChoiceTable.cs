namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Writes discoveries and suggestions as text.</summary>
internal static class ChoiceTable
{
    private const int MostPairs = 10, NameWidth = 24;

    public static string Write(GloroAffinityDiscovery discovery)
    {
        var table = new TextTable();
        string epsilon = MetricsTable.Epsilon(discovery.Epsilon, discovery.InTolerances);
        table.Line($"affinity sets of at most {discovery.MaximumSetSize} classes at epsilon {epsilon}, ",
            $"at {discovery.BitPrice:0.####} VRA a bit");
        table.Line($"  found on {discovery.FindingRowCount:N0} rows: {discovery.BlockedFraction:P1} of them not proved locally, ",
            $"{discovery.HelpedFraction:P1} within reach of some set");
        foreach (GloroBlockingPair pair in discovery.BlockingPairs.Take(MostPairs))
            table.Line($"    {pair.RowCount,7:N0} rows ({pair.Share:P1}) held up by {pair.First} – {pair.Second}");
        table.Line($"  measured on {discovery.HeldOutRowCount:N0} other rows");
        table.Line($"    local VRA {discovery.LocalVerifiedRobustAccuracy:F4}");
        if (discovery.Details.Count == 0)
        {
            table.Line($"  no set is worth proposing");
            return table.ToString();
        }

        table.Line($"    VRA with the sets {discovery.VerifiedRobustAccuracy:F4}, ",
            $"gain {discovery.Gain:F4} ± {discovery.GainStandardError:F4}, ",
            $"mean loosest set {discovery.MeanLoosestSetSize:F2}, {discovery.BitsLeftOpen:F3} bits left open");
        table.Line($"  {"VRA without",11}{"gain",9}{"± error",9}{"bits",8}  set (VRA gained on the rows it was found on)");
        foreach (GloroDiscoveredSet set in discovery.Details)
        {
            table.Line($"  {set.VerifiedRobustAccuracyWithout,11:F4}{set.Gain,9:F4}{set.GainStandardError,9:F4}{set.Bits,8:F3}",
                $"  {string.Join(" + ", set.Classes)} ({set.FindingGain:F4})");
        }

        return table.ToString();
    }

    public static string Write(GuaranteeSuggestions suggestions)
    {
        var table = new TextTable();
        string epsilon = MetricsTable.Epsilon(suggestions.Epsilon, suggestions.InTolerances);
        table.Line($"guarantees at epsilon {epsilon} on {suggestions.RowCount:N0} rows ",
            $"of {suggestions.ClassCount} classes; a bit must bring {suggestions.BitPrice:0.####} VRA");
        table.Line($"    {"guarantee",-NameWidth}{"VRA",8}{"± error",9}{"top-1 VRA",11}{"certified",11}",
            $"{"loosest set",13}{"bits",8}{"worth",9}");
        foreach (GuaranteeSuggestion one in suggestions.All)
        {
            table.Line($"  {Mark(one, suggestions)} {Name(one),-NameWidth}{one.VerifiedRobustAccuracy,8:F4}{one.StandardError,9:F4}",
                $"{one.Top1VerifiedRobustAccuracy,11:F4}{one.CertifiedFraction,11:F4}{one.MeanLoosestSetSize,13:F2}",
                $"{one.BitsLeftOpen,8:F3}{one.Worth,9:F4}");
        }

        table.Line($"  > worth most: VRA − {suggestions.BitPrice:0.####} · bits; ",
            $"of local robustness and RTK that is {suggestions.BestTopK.Guarantee}");
        double bits = Math.Log2(suggestions.ClassCount), worth = Math.Round(1 - (suggestions.BitPrice * bits), 9) + 0.0; // no −0
        table.Line($"    \"all {suggestions.ClassCount} classes, always\" would have VRA 1, {bits:F3} bits and the worth {worth:F4}");
        if (worth > suggestions.Best.Worth)
        {
            table.Line($"    That is more than any of these: the price is too low. ",
                $"1 / log2 {suggestions.ClassCount} = {1 / bits:F4} makes it worth nothing");
        }

        if (suggestions.All.Any(one => one.IsTooLoose))
            table.Line($"  x allows sets of more than half of the classes, which tell less than one bit: never suggested");
        if (suggestions.All.Any(one => !one.IsParetoOptimal))
            table.Line($"  - another proves as much and leaves no more open");
        if (suggestions.Discovery?.Sets is { } sets)
            table.Line($"  discovered sets: {sets}");
        return table.ToString();
    }

    private static char Mark(GuaranteeSuggestion one, GuaranteeSuggestions suggestions) =>
        ReferenceEquals(one, suggestions.Best) ? '>' : one.IsTooLoose ? 'x' : one.IsParetoOptimal ? ' ' : '-';

    private static string Name(GuaranteeSuggestion one)
    {
        string name = one is { IsDiscovered: true, Guarantee.AffinitySets: { } sets }
            ? $"discovered ({sets.Count} {(sets.Count == 1 ? "set" : "sets")})"
            : one.Guarantee.ToString();
        return name.Length < NameWidth ? name : name[..(NameWidth - 2)] + "…";
    }
}
