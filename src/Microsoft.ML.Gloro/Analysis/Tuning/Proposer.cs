namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Proposes distinct settings. The n-th depends on the seed and the search space, not on how many are requested.
/// </summary>
internal sealed class Proposer(
    GloroTrainerOptions trainer, IReadOnlyList<SearchDimension> dimensions, int? gridSteps, int seed, bool includeBaseline)
{
    // After this many repeated draws in a row the space counts as exhausted.
    private const int MostMisses = 1000;

    // Larger grids are sampled instead of shuffled.
    private const int LargestListedGrid = 1 << 16;

    /// <summary>All proposals; callers take as many as they need.</summary>
    public IEnumerable<SweepSettings> Propose()
    {
        var seen = new HashSet<string>();
        int number = 0;
        if (includeBaseline)
        {
            var given = Apply(dimensions.Select(d => d.Get(trainer)));
            seen.Add(given.Text);
            yield return given with { Number = number++, IsBaseline = true };
        }

        int misses = 0;
        foreach (var values in gridSteps is { } steps ? Grid(steps) : Draws())
        {
            var settings = Apply(values);
            if (seen.Add(settings.Text))
            {
                misses = 0;
                yield return settings with { Number = number++ };
            }
            else if (++misses == MostMisses && gridSteps is null)
            {
                yield break;
            }
        }
    }

    private IEnumerable<IEnumerable<object?>> Draws()
    {
        var random = new Random(seed);
        while (true)
            yield return [.. dimensions.Select(d => d.Draw(random))];
    }

    private IEnumerable<IEnumerable<object?>> Grid(int steps)
    {
        var random = new Random(seed);
        var levels = dimensions.Select(d => d.Levels(steps)).ToList();
        double points = levels.Aggregate(1.0, (product, l) => product * l.Count);
        if (points > LargestListedGrid)
        {
            // There are far more points than trials; Propose skips repeats.
            for (int i = 0; i < LargestListedGrid; i++)
                yield return [.. levels.Select(l => l[random.Next(l.Count)])];
            yield break;
        }

        int[] order = [.. Enumerable.Range(0, (int)points)];
        random.Shuffle(order);
        foreach (int point in order)
        {
            int rest = point;
            var values = new object?[levels.Count];
            for (int d = 0; d < values.Length; d++)
            {
                values[d] = levels[d][rest % levels[d].Count];
                rest /= levels[d].Count;
            }

            yield return values;
        }
    }

    private SweepSettings Apply(IEnumerable<object?> values)
    {
        var options = trainer.Copy();
        foreach (var (dimension, value) in dimensions.Zip(values))
            dimension.Set(options, value);

        // Options without effect keep their given value, so equivalent settings compare equal.
        var used = dimensions.Where(d => options.Uses(d.Name)).ToList();
        foreach (var unused in dimensions.Except(used))
            unused.Set(options, unused.Get(trainer));
        string text = string.Join(", ", used.Select(d => $"{d.Name}={SearchDimension.Text(d.Get(options))}"));
        return new SweepSettings(-1, false, text, options);
    }
}

/// <summary>The settings of a trial.</summary>
/// <param name="Number">The number, from 0.</param>
/// <param name="IsBaseline">Whether they are the unchanged trainer options.</param>
/// <param name="Text">The searched options that have an effect.</param>
/// <param name="Options">All options, for a full training. Copied before each use.</param>
internal sealed record SweepSettings(int Number, bool IsBaseline, string Text, GloroTrainerOptions Options);
