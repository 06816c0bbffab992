using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A guarantee as numbers that can be overridden at run time: F^k is allowed if k ≤ max_k and F^k is a subset of a row of affinity_sets (or, if affinity_exact is 1, equal to one).
/// Local and relaxed top-K robustness are the one set of all classes: F^C is never certified, so it allows every k.
/// </summary>
internal sealed class GuaranteeGraph(GraphOperators ops, int radii)
{
    private readonly float[] _counts = [.. Enumerable.Range(1, radii).Select(k => (float)k)];

    /// <summary>The affinity sets of <paramref name="guarantee"/>, with the singletons that it implies; all classes where it has none.</summary>
    public static IReadOnlyList<int[]> Sets(ResolvedGuarantee guarantee)
    {
        IEnumerable<int> classes = Enumerable.Range(0, guarantee.ClassCount);
        if (guarantee.AffinitySets is not { } sets)
            return [[.. classes]];
        return guarantee.Guarantee.IncludeSingletons ? [.. sets, .. classes.Except(sets.SelectMany(set => set)).Select(index => new[] { index })] : sets;
    }

    /// <summary>Adds the parameters and returns which k are allowed, [N, K] as 0 and 1 in single precision.</summary>
    /// <param name="order">The classes of F^K, [N, K].</param>
    /// <param name="guarantee">The defaults.</param>
    /// <param name="capacity">Rows of affinity_sets; those that are left over hold no class and allow nothing.</param>
    public string Allowed(string order, ResolvedGuarantee guarantee, int capacity)
    {
        int classes = guarantee.ClassCount;
        var members = new float[checked(capacity * classes)];
        IReadOnlyList<int[]> sets = Sets(guarantee);
        for (int s = 0; s < sets.Count; s++)
        {
            foreach (int index in sets[s])
                members[(s * classes) + index] = 1;
        }

        string maxK = ops.Graph.Parameter(PortableNames.MaxK, guarantee.MaxK);
        string table = ops.Graph.Parameter(PortableNames.AffinitySets, members, [capacity, classes]);
        string exact = ops.Graph.Parameter(PortableNames.AffinityExact, [guarantee.Guarantee.Match == AffinityMatch.Exact ? 1 : 0], [1]);

        // Anything above one half counts as 1, so that odd values in an override cannot add up to a class too many. Counts are exact in any precision.
        string ones = ops.Cast(ops.Greater(table, ops.Single(0.5f)), OnnxType.Single);
        string ofOrder = ops.Gather(ops.Transpose(ones, 1, 0), order, axis: 0); // [N, K, sets]
        string counts = ops.Node("MatMul", UpTo(), ofOrder); // how many of the first k classes are in each set
        string k = ops.Singles(_counts, radii, 1);
        string subset = ops.Greater(counts, ops.Subtract(k, ops.Single(0.5f)));
        string sameSize = ops.Less(ops.Node("Abs", ops.Subtract(ops.Reshape(ops.Sum(ones, axis: 1), 1, capacity), k)), ops.Single(0.5f));
        string fits = ops.And(subset, ops.Or(ops.Less(exact, ops.Single(0.5f)), sameSize));
        string any = ops.Reduce("ReduceMax", ops.Cast(fits, OnnxType.Single), axis: 2);
        string small = ops.Not(ops.Greater(ops.Graph.Initializer([.. Enumerable.Range(1, radii).Select(count => (long)count)]), maxK));
        return ops.Multiply(any, ops.Cast(small, OnnxType.Single));
    }

    /// <summary>The largest k that <paramref name="certified"/> (0 or 1 for each k) has a 1 at; 0 if none. [N, 1].</summary>
    public string Loosest(string certified) => ops.Reduce("ReduceMax", ops.Multiply(certified, ops.Singles(_counts, radii)), axis: 1, keep: true);

    /// <summary>The smallest k that <paramref name="certified"/> has a 1 at; radii + 1 if none. [N, 1].</summary>
    public string Tightest(string certified)
    {
        // The distance of each k from radii + 1: the first 1 is the farthest.
        string farthest = ops.Multiply(certified, ops.Singles([.. _counts.Select(count => radii + 1 - count)], radii));
        return ops.Subtract(ops.Single(radii + 1), ops.Reduce("ReduceMax", farthest, axis: 1, keep: true));
    }

    /// <summary>Which places of the order are within the first <paramref name="k"/>: 0 or 1, [N, K].</summary>
    public string Within(string k) => ops.Cast(ops.Less(ops.Singles([.. _counts.Select(count => count - 0.5f)], radii), k), OnnxType.Single);

    /// <summary>Which place of the order is the <paramref name="k"/>th: 0 or 1, [N, K].</summary>
    public string At(string k) =>
        ops.Cast(ops.Less(ops.Node("Abs", ops.Subtract(ops.Singles(_counts, radii), k)), ops.Single(0.5f)), OnnxType.Single);

    /// <summary>Row k has ones in its first k places.</summary>
    private string UpTo()
    {
        var values = new float[radii * radii];
        for (int k = 0; k < radii; k++)
            values.AsSpan(k * radii, k + 1).Fill(1);
        return ops.Singles(values, radii, radii);
    }
}
