namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// The certificate written down from its definitions and nothing else: sets of classes are bit masks, every subset is tried, nothing is
/// incremental. Only for few classes.
/// </summary>
internal static class Oracle
{
    /// <summary>
    /// r_k for k = 1 … C − 1, and the set F^k it is about. A set that is not the only k-set of highest logits has radius 0.
    /// </summary>
    public static (double Radius, int Set)[] Radii(float[] logits, double[,] constants)
    {
        var classes = logits.Length;
        var result = new (double Radius, int Set)[classes - 1];
        if (logits.Any(logit => !float.IsFinite(logit)))
            return result;
        for (var k = 1; k < classes; k++)
        {
            var top = Subsets(classes, k).Where(set => Pairs(classes, set).All(pair => logits[pair.J] >= logits[pair.I])).ToArray();
            result[k - 1] = top.Length > 1
                ? (0, 0)
                : (Pairs(classes, top[0]).Min(pair => Quotient(logits, constants, pair.J, pair.I)), top[0]);
        }
        return result;
    }

    /// <summary>Whether the set may be certified under affinity robustness.</summary>
    public static bool Allows(int set, IReadOnlyCollection<int> family, bool exact, bool singletons, int classes)
    {
        var all = new List<int>(family);
        for (var c = 0; c < classes; c++)
        {
            if (singletons && family.All(s => (s & (1 << c)) == 0))
                all.Add(1 << c);
        }
        return all.Any(s => exact ? s == set : (set & s) == set);
    }

    /// <summary>The bottom logit from its formula; null if no set is allowed.</summary>
    public static double? Bottom(float[] logits, double[,] constants, double epsilon, Func<int, bool> allows)
    {
        var classes = logits.Length;
        var margins = from k in Enumerable.Range(1, classes - 1)
                      let set = Highest(logits, k)
                      where allows(set)
                      select Members(classes, set)
                          .Min(j => logits[j] - Members(classes, ~set).Max(i => logits[i] + (epsilon * constants[i, j])));
        var all = margins.ToArray();
        return all.Length == 0 ? null : logits.Max() - all.Max();
    }

    /// <summary>F^k with ties broken by index.</summary>
    public static int Highest(float[] logits, int k) =>
        Enumerable.Range(0, logits.Length).OrderByDescending(c => logits[c]).ThenBy(c => c).Take(k)
            .Aggregate(0, (set, c) => set | (1 << c));

    public static IEnumerable<int> Members(int classes, int set) => Enumerable.Range(0, classes).Where(c => (set & (1 << c)) != 0);

    public static IEnumerable<int> Subsets(int classes, int size) =>
        Enumerable.Range(0, 1 << classes).Where(set => int.PopCount(set) == size);

    public static IEnumerable<(int J, int I)> Pairs(int classes, int set) =>
        from j in Members(classes, set) from i in Members(classes, ~set) select (j, i);

    private static double Quotient(float[] logits, double[,] constants, int j, int i)
    {
        var margin = (double)logits[j] - logits[i];
        return margin == 0 ? 0 : margin / constants[i, j];   // +∞ if K_ij = 0
    }
}
