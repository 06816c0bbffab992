namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Keeps the steepest pair of inputs for the steepest pairs of classes. The search for Lipschitz constants starts from them.
/// </summary>
internal sealed class SteepestPairs(int wanted)
{
    private readonly Dictionary<(int, int), Entry> _entries = [];

    /// <summary>The best of each pair of classes, the steepest first.</summary>
    public IReadOnlyList<Entry> Best =>
        [.. _entries.Values.OrderByDescending(e => e.Fraction).ThenBy(e => e.First).ThenBy(e => e.Second).Take(wanted)];

    /// <summary>Takes a pair of inputs if it is steep enough.</summary>
    /// <param name="one">A class.</param>
    /// <param name="other">Another.</param>
    /// <param name="fraction">The slope of their margin, as a fraction of K_ij.</param>
    /// <param name="x">An input.</param>
    /// <param name="y">Another.</param>
    public void Add(int one, int other, double fraction, float[] x, float[] y)
    {
        var key = (Math.Min(one, other), Math.Max(one, other));
        if (wanted == 0 || !double.IsFinite(fraction) || (_entries.TryGetValue(key, out var known) && known.Fraction >= fraction))
            return;
        _entries[key] = new Entry(key.Item1, key.Item2, fraction, x, y);

        // Drop the flattest pair, since inputs are large and there may be many classes.
        if (_entries.Count > 2 * wanted)
            _entries.Remove(_entries.MinBy(e => e.Value.Fraction).Key);
    }

    internal sealed record Entry(int First, int Second, double Fraction, float[] X, float[] Y);
}
