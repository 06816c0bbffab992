using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The affinity sets that each class is in, as arrays to make tensors of, [classes, families]. The number of families is the largest
/// number of sets that any class is in.
/// </summary>
/// <remarks>A table of classes × sets would be much larger, and would be created and copied for every batch.</remarks>
internal sealed class AffinityTable
{
    public AffinityTable(ResolvedGuarantee guarantee, IReadOnlyList<int[]> sets)
    {
        int[][] setsOf = new int[guarantee.ClassCount][];
        for (int c = 0; c < setsOf.Length; c++)
            setsOf[c] = [.. Enumerable.Range(0, sets.Count).Where(s => sets[s].Contains(c))];
        Families = Math.Max(1, setsOf.Max(own => own.Length));
        Sets = [.. setsOf.SelectMany(own => Enumerable.Range(0, Families).Select(n => n < own.Length ? own[n] : -1L))];
        Sizes = [.. Sets.Select(set => set < 0 ? 0L : sets[(int)set].Length)];
    }

    /// <summary>The largest number of sets that any class is in; at least 1.</summary>
    public int Families { get; }

    /// <summary>The index of each set; −1 where the class is in no further set.</summary>
    public long[] Sets { get; }

    /// <summary>The size of each set; 0 where there is none.</summary>
    public long[] Sizes { get; }
}

/// <summary>
/// <see cref="ResolvedGuarantee.Allows"/> of affinity robustness for a batch. For each row it keeps those affinity sets of the top class
/// that contain all of F^k so far.
/// </summary>
internal sealed class AllowedSets(ResolvedGuarantee guarantee, AffinityTable table, Device device)
{
    private readonly Tensor _sets = tensor(table.Sets, [guarantee.ClassCount, table.Families], device: device);
    private Tensor? _first, _sizes, _holding; // Each [rows, families].

    /// <summary>Adds the k-th class to F^k, and returns whether F^k may be certified, [rows, 1]. Call it for k = 1, 2, ….</summary>
    /// <param name="classes">The k-th classes, [rows, 1].</param>
    /// <param name="k">k.</param>
    public Tensor Join(Tensor classes, int k)
    {
        var sets = Of(_sets, classes);
        if (_first is null)
        {
            (_first, _holding) = (sets, sets.ge(0));
            if (guarantee.Guarantee.Match == AffinityMatch.Exact)
                _sizes = Of(tensor(table.Sizes, [guarantee.ClassCount, table.Families], device: device), classes);
        }
        else
        {
            _holding = _holding! & _first.unsqueeze(2).eq(sets.unsqueeze(1)).any(2);
        }

        var allowed = (_sizes is null ? _holding! : _holding! & _sizes.eq(k)).any(1, keepdim: true);
        return k == 1 && guarantee.Guarantee.IncludeSingletons ? allowed | sets.lt(0).all(1, keepdim: true) : allowed;
    }

    private static Tensor Of(Tensor values, Tensor classes) => values.index_select(0, classes.squeeze(1));
}
