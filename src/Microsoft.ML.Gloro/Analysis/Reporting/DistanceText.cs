namespace Microsoft.ML.Gloro.Analysis;

/// <summary>What ε measures, in words.</summary>
internal static class DistanceText
{
    private const int Shown = 30;

    /// <summary>A sentence.</summary>
    public static string Short(ReportData data) => data.Tolerances is not null
        ? "ε counts tolerances: it is the L2 norm of the changes, each divided by the tolerance of its feature."
        : $"ε is the L2 norm of the change{(data.IsImage ? ", pixels scaled to [0, 1]" : ", in units of the features")}.";

    /// <summary>The whole of it.</summary>
    /// <param name="data">The report.</param>
    /// <param name="epsilon">ε as text.</param>
    public static string Long(ReportData data, string epsilon)
    {
        if (data.Tolerances is { } tolerances)
        {
            return $"ε = {epsilon} counts tolerances: the changes of the features, each divided by its tolerance, have an L2 norm of at " +
                $"most ε, measured at the network's input. {Reach(data.Epsilon, tolerances)}{Fixed(tolerances)} Every such change is " +
                "covered. Nothing is said about other distances.";
        }

        return $"ε = {epsilon} is the L2 norm of the change, the Euclidean length over all " +
            $"{(data.IsImage ? "pixels and colors, each scaled to [0, 1]" : "features, in their own units")}, measured at the network's " +
            $"input{(data.IsImage ? ", after resizing" : "")}. Every change of that length or less is covered. Nothing is said about " +
            "other distances.";
    }

    /// <summary>The first tolerances, and how many more there are.</summary>
    public static string List(GloroTolerances tolerances)
    {
        IReadOnlyList<float> values = tolerances.Values!;
        if (values.Count <= Shown)
            return tolerances.ToString();
        return FormattableString.Invariant($"{GloroTolerances.InOrder([.. values.Take(Shown)])} and {values.Count - Shown} more");
    }

    private static string Reach(float epsilon, GloroTolerances tolerances) => epsilon >= tolerances.AllAtOnce
        ? "So each measurement may be off by its tolerance, all of them at once."
        : epsilon >= 1
            ? "So each measurement may be off by its tolerance, though not all of them at once."
            : "So a measurement may be off by that part of its tolerance.";

    private static string Fixed(GloroTolerances tolerances) => tolerances.Values!.Count(tolerance => tolerance == 0) switch
    {
        0 => "",
        1 => " One feature cannot change.",
        var count => FormattableString.Invariant($" {count} features cannot change."),
    };
}
