using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Chooses for each row the set S that a relaxed guarantee can most easily certify: of the allowed sets that contain the label t, the one
/// with the largest slack m(S) = min over j ∈ S, i ∉ S of (y_j − y_i − ε·K_ij); of equal slacks the smaller set.
/// </summary>
/// <remarks>
/// A certified set is an F^k, so S consists of t and the k − 1 highest other classes. For RTK these come from all classes (k = 1 … K). For
/// each affinity set A that contains t they come from A (k = 1 … |A|; with exact matching only k = |A|). If t is in no affinity set, S is
/// {t}.
/// </remarks>
internal sealed class RelaxedSelection
{
    private readonly ResolvedGuarantee _guarantee;
    private readonly int _families = 1;

    // [classes, families]: as in AffinityTable, but a class in no set is a set of its own.
    private readonly long[] _sizes = [];

    // [classes × families, K]: the class, then the others of the set in ascending order, padded with the class.
    private readonly long[] _setsOfClass = [];

    public RelaxedSelection(ResolvedGuarantee guarantee)
    {
        _guarantee = guarantee;
        if (guarantee.AffinitySets is not { } sets)
            return;
        var table = new AffinityTable(guarantee, sets);
        _families = table.Families;
        _sizes = [.. table.Sizes.Select((size, n) => n % _families == 0 ? Math.Max(1, size) : size)];
        _setsOfClass = new long[_sizes.Length * guarantee.MaxK];
        for (int n = 0; n < _sizes.Length; n++)
        {
            var members = _setsOfClass.AsSpan(n * guarantee.MaxK, guarantee.MaxK);
            int own = n / _families, next = 1;
            members.Fill(own);
            foreach (int other in table.Sets[n] < 0 ? [] : sets[(int)table.Sets[n]])
            {
                if (other != own)
                    members[next++] = other;
            }
        }
    }

    /// <summary>The chosen sets.</summary>
    public RelaxedChoice Select(LossInput input)
    {
        using var _ = no_grad();
        var labels = input.Labels.unsqueeze(1);
        var places = zeros_like(input.Logits);
        var order = labels.expand(-1, _guarantee.MaxK);
        var best = full_like(labels, double.NegativeInfinity, ScalarType.Float32);
        var size = ones_like(labels);
        Tensor? products = null;
        for (int family = 0; family < _families; family++)
        {
            var (candidates, sizes) = _sizes.Length == 0 ? (Highest(input.Logits, labels), null) : OfSet(input.Logits, labels, family);
            products?.Dispose();
            products = input.Products(candidates);
            using var search = new MarginSearch(input);
            var improved = zeros_like(labels, ScalarType.Bool);
            for (int k = 1; k <= _guarantee.MaxK; k++)
            {
                var (slack, outsider) = search.Join(candidates.narrow(1, k - 1, 1), products.select(0, k - 1));
                var better = slack.gt(best);
                if (sizes is not null)
                    better &= _guarantee.Guarantee.Match == AffinityMatch.Exact ? sizes.eq(k) : sizes.ge(k);

                best = where(better, slack, best);
                size = where(better, k * ones_like(size), size);
                improved |= better;
                places.lerp_(search.Places, better.to(places.dtype)); // replaces the better rows; weights 0 and 1 keep whole numbers whole
            }

            order = where(improved, candidates, order);
        }

        order = where(arange(_guarantee.MaxK, device: labels.device).lt(size), order, labels);
        var members = zeros_like(input.Logits).scatter_(1, order, ones_like(order, input.Logits.dtype));
        places *= 1 - members;
        return new RelaxedChoice(order, members, places.to(ScalarType.Int64), _families == 1 ? products! : input.Products(order));
    }

    // The label and the K − 1 highest other classes, [rows, K]; of equal ones the first.
    private Tensor Highest(Tensor logits, Tensor labels)
    {
        using var pool = logits.detach().clone();
        using var barred = full_like(labels, double.NegativeInfinity, pool.dtype);
        var chosen = new List<Tensor> { labels };
        while (chosen.Count < _guarantee.MaxK)
        {
            pool.scatter_(1, chosen[^1], barred);
            chosen.Add(MarginSearch.Highest(pool));
        }

        return cat(chosen, 1);
    }

    // The label and the others of its set, highest first, padded with the label, [rows, K]; and the size of the set, [rows, 1].
    private (Tensor Classes, Tensor Sizes) OfSet(Tensor logits, Tensor labels, int family)
    {
        var device = labels.device;
        var rows = (labels.squeeze(1) * _families) + family;
        var sizes = tensor(_sizes, [_sizes.Length, 1], device: device).index_select(0, rows);
        var members = tensor(_setsOfClass, [_sizes.Length, _guarantee.MaxK], device: device).index_select(0, rows);
        var others = members.narrow(1, 1, _guarantee.MaxK - 1);
        var padding = arange(1, _guarantee.MaxK, device: device).ge(sizes);
        var values = logits.gather(1, others).masked_fill_(padding, double.NegativeInfinity);
        var (sorted, at) = values.sort(1, descending: true, stable: true);
        return (cat([labels, others.gather(1, at)], 1), sizes);
    }
}

/// <summary>The set S that <see cref="RelaxedSelection"/> chose for each row.</summary>
/// <param name="Order">The label, then the other members of S, padded with the label; [rows, K].</param>
/// <param name="Members">1 for the classes in S, 0 for the others; [rows, classes].</param>
/// <param name="Places">
/// The index in <paramref name="Order"/> of j*(i) for i ∉ S, and 0, the label's index, for i ∈ S; [rows, classes].
/// </param>
/// <param name="Products">
/// w_j·w_i for the member j at each index that occurs in <paramref name="Places"/>, [K, rows, classes]. Only this has a gradient.
/// </param>
internal sealed record RelaxedChoice(Tensor Order, Tensor Members, Tensor Places, Tensor Products);
