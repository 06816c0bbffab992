namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The rungs of successive halving: the epochs and the number of trials of each.</summary>
/// <remarks>
/// From Jamieson, Talwalkar: Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016, with epochs as the
/// resource.
/// </remarks>
internal static class Rungs
{
    /// <summary>The epochs of each rung, rising to <paramref name="epochs"/>.</summary>
    public static IReadOnlyList<int> Epochs(int epochs, int factor, int? least)
    {
        int floor = least ?? Divide(Divide(epochs, factor), factor);
        var rungs = new List<int> { epochs };
        while (Divide(rungs[^1], factor) is var before && before >= floor && before < rungs[^1])
            rungs.Add(before);
        rungs.Reverse();
        return rungs;
    }

    /// <summary>How many of <paramref name="trials"/> reach each rung.</summary>
    public static IReadOnlyList<int> Counts(int trials, int factor, int rungs)
    {
        var counts = new List<int> { trials };
        while (counts.Count < rungs)
            counts.Add(Math.Max(1, counts[^1] / factor));
        return counts;
    }

    private static int Divide(int value, int factor) => (value - 1) / factor + 1;
}
