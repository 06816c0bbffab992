using Microsoft.ML.Gloro.Guarantees;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Chooses for each row the set S that a relaxed guarantee is most easily had with: of the allowed sets that hold the label t, the one with the largest slack
/// m(S) = min over j ∈ S, i ∉ S of (y_j − y_i − ε·K_ij). Since a certified set is an F^k, S is {t} and the k − 1 highest others, of all classes for RTK (k = 1 … K),
/// of the other members of A for each affinity set A that holds t (k = 1 … |A|; in the exact meaning k = |A|). {t} alone where t is in no affinity set.
/// Of equal slacks the smaller S wins.
/// </summary>
internal sealed class RelaxedSelection
{
    private readonly BoundGuarantee _guarantee;
    private readonly IReadOnlyList<int[]>? _sets;
    private readonly int _families = 1;     // The most affinity sets that any class is in.
    private readonly long[] _setOfClass = []; // [classes, families]; the number of sets where there is none.
    private readonly long[] _sizeOfClass = [];

    public RelaxedSelection(BoundGuarantee guarantee)
    {
        (_guarantee, _sets) = (guarantee, guarantee.AffinitySets);
        if (_sets is null)
            return;
        int classes = guarantee.ClassCount;
        int[][] setsOf = [.. Enumerable.Range(0, classes).Select(c => Enumerable.Range(0, _sets.Count).Where(s => _sets[s].Contains(c)).ToArray())];
        _families = Math.Max(1, setsOf.Max(sets => sets.Length));
        (_setOfClass, _sizeOfClass) = (new long[classes * _families], new long[classes * _families]);
        Array.Fill(_setOfClass, _sets.Count);
        for (int c = 0; c < classes; c++)
        {
            _sizeOfClass[c * _families] = 1;
            for (int family = 0; family < setsOf[c].Length; family++)
                (_setOfClass[(c * _families) + family], _sizeOfClass[(c * _families) + family]) = (setsOf[c][family], _sets[setsOf[c][family]].Length);
        }
    }

    /// <summary>The chosen sets; nothing here has a gradient.</summary>
    /// <returns>
    /// Weakest: j*(i) for i ∉ S, the label for i ∈ S, [rows, classes]. Order: the label, then the other members of S, padded with the label; each [rows, 1].
    /// Members: 1 for the classes in S, 0 for the others, [rows, classes].
    /// </returns>
    public (Tensor Weakest, IReadOnlyList<Tensor> Order, Tensor Members) Select(LossInput input)
    {
        using var _ = no_grad();
        var labels = input.Labels.unsqueeze(1);
        var weakest = labels.expand(input.Logits.shape).clone();
        var order = labels.expand(-1, _guarantee.MaxK);
        var best = full_like(labels, double.NegativeInfinity, ScalarType.Float32);
        var size = ones_like(labels);
        for (int family = 0; family < _families; family++)
        {
            using var search = new MarginSearch(input);
            var (pool, sizes) = Candidates(search, labels, family);
            var joined = new List<Tensor>();
            var improved = zeros_like(labels, ScalarType.Bool);
            for (int k = 1; k <= _guarantee.MaxK; k++)
            {
                var joining = k == 1 ? labels : MarginSearch.Highest(pool);
                if (sizes is not null)
                    joining = where(sizes.ge(k), joining, labels); // The set is used up.
                search.Remove(pool, joining);
                joined.Add(joining);
                var (slack, outsider) = search.Join(joining);
                var better = slack.gt(best);
                if (sizes is not null)
                    better &= _guarantee.Guarantee.Match == AffinityMatch.Exact ? sizes.eq(k) : sizes.ge(k);

                best = where(better, slack, best);
                size = where(better, k * ones_like(size), size);
                improved |= better;
                using var before = weakest;
                weakest = where(better, search.Weakest, before);
            }

            if (_sets is not null)
                pool.Dispose();
            order = where(improved, cat(joined, 1), order);
        }

        Tensor[] members = [.. Enumerable.Range(1, _guarantee.MaxK).Select(k => where(size.ge(k), order.narrow(1, k - 1, 1), labels))];
        var inside = zeros_like(input.Logits).scatter_(1, cat(members, 1), ones_like(order, input.Logits.dtype));
        return (where(inside.to(ScalarType.Bool), labels, weakest), members, inside);
    }

    // The logits of the classes that may join, −∞ for all others, and for affinity robustness the number of those with the label, [rows, 1].
    private (Tensor Pool, Tensor? Sizes) Candidates(MarginSearch search, Tensor labels, int family)
    {
        if (_sets is null)
            return (search.Outside, null);
        var device = labels.device;
        long classes = _guarantee.ClassCount;
        float[] barred = new float[(_sets.Count + 1) * classes];
        Array.Fill(barred, float.NegativeInfinity);
        for (int set = 0; set < _sets.Count; set++)
        {
            foreach (int member in _sets[set])
                barred[(set * classes) + member] = 0;
        }

        Tensor OfLabel(long[] table) => tensor(table, [classes, _families], device: device).narrow(1, family, 1).index_select(0, labels.squeeze(1));
        var pool = search.Outside + tensor(barred, [_sets.Count + 1, classes], device: device).index_select(0, OfLabel(_setOfClass).squeeze(1));
        return (pool, OfLabel(_sizeOfClass));
    }
}
