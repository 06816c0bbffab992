namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The trials that are not beaten in both VRA and clean accuracy.</summary>
internal static class ParetoFront
{
    /// <summary>By rising clean accuracy and falling VRA; of trials with the same figures the one of fewest epochs, then the first.</summary>
    public static IReadOnlyList<GloroSweepTrial> Of(IEnumerable<GloroSweepTrial> trials)
    {
        // From the highest clean accuracy down: a trial is on the front if its VRA is above all that were before.
        var front = new List<GloroSweepTrial>();
        foreach (var trial in trials.Where(t => t.Error is null).OrderByDescending(t => t.CleanAccuracy).ThenByDescending(t => t.VerifiedRobustAccuracy).ThenBy(t => t.Epochs).ThenBy(t => t.Number))
        {
            if (front.Count == 0 || trial.VerifiedRobustAccuracy > front[^1].VerifiedRobustAccuracy)
                front.Add(trial);
        }

        front.Reverse();
        return front;
    }
}
