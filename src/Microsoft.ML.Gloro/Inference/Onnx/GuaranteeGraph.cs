using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// A guarantee as numbers that can be overridden at run time: F^k is allowed if k ≤ max_k and F^k is a subset of a row of affinity_sets
/// (or, if affinity_exact is 1, equal to one). Local and relaxed top-K robustness have one set, of all classes, which allows every k.
/// </summary>
internal sealed class GuaranteeGraph(GraphOperators ops, int radii)
{
    private readonly float[] _counts = [.. Enumerable.Range(1, radii).Select(k => (float)k)];

    /// <summary>The affinity sets of <paramref name="guarantee"/>, with its singletons; the set of all classes if it has none.</summary>
    public static IReadOnlyList<int[]> Sets(ResolvedGuarantee guarantee)
    {
        IEnumerable<int> classes = Enumerable.Range(0, guarantee.ClassCount);
        if (guarantee.AffinitySets is not { } sets)
            return [[.. classes]];
        return guarantee.Guarantee.IncludeSingletons
            ? [.. sets, .. classes.Except(sets.SelectMany(set => set)).Select(index => new[] { index })]
            : sets;
    }

    /// <summary>Adds the parameters and returns which k are allowed, [N, K] as 0 and 1 in single precision.</summary>
    /// <param name="order">The classes of F^K, [N, K].</param>
    /// <param name="guarantee">The defaults.</param>
    /// <param name="capacity">Rows of affinity_sets; spare ones hold no class and allow nothing.</param>
    private string Allowed(string order, ResolvedGuarantee guarantee, int capacity)
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

        // Anything above one half counts as 1: odd values in an override must not add up to a class too many. Counts are exact in any
        // precision.
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

    /// <summary>
    /// Adds the operators. Gives the radii of the allowed k, [N, K], and the largest k certified at ε, [N, 1], 0 if none.
    /// </summary>
    /// <param name="row">The rows.</param>
    /// <param name="guarantee">The defaults.</param>
    /// <param name="capacity">Rows of affinity_sets.</param>
    /// <param name="epsilon">ε, [1].</param>
    public (string Allowed, string Loosest) Evaluate(CertifiedRows row, ResolvedGuarantee guarantee, int capacity, string epsilon)
    {
        string allowed = ops.Multiply(row.Radii, Allowed(row.Order, guarantee, capacity));

        // Strictly larger than ε; a negative ε and NaN certify nothing.
        string certified = ops.And(ops.Greater(allowed, epsilon), ops.Not(ops.Less(epsilon, ops.Single(0))));
        string counts = ops.Multiply(ops.Cast(certified, OnnxType.Single), ops.Singles(_counts, radii));
        return (allowed, ops.Reduce("ReduceMax", counts, axis: 1, keep: true));
    }

    /// <summary>Which places of the order are within the first <paramref name="k"/>: 0 or 1, [N, K].</summary>
    public string Within(string k) =>
        ops.Cast(ops.Less(ops.Singles([.. _counts.Select(count => count - 0.5f)], radii), k), OnnxType.Single);

    /// <summary>Row k has ones in its first k places.</summary>
    private string UpTo()
    {
        var values = new float[radii * radii];
        for (int k = 0; k < radii; k++)
            values.AsSpan(k * radii, k + 1).Fill(1);
        return ops.Singles(values, radii, radii);
    }
}
