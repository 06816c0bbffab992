using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The affinity sets that each class is in, as arrays to make tensors of, [classes, families]: a class is in so many sets at most.</summary>
/// <remarks>A few values a class, where a table of classes × sets would be made and moved anew for every batch.</remarks>
internal sealed class AffinityTable
{
    public AffinityTable(ResolvedGuarantee guarantee, IReadOnlyList<int[]> sets)
    {
        int[][] setsOf = [.. Enumerable.Range(0, guarantee.ClassCount).Select(c => Enumerable.Range(0, sets.Count).Where(s => sets[s].Contains(c)).ToArray())];
        Families = Math.Max(1, setsOf.Max(own => own.Length));
        Sets = [.. setsOf.SelectMany(own => Enumerable.Range(0, Families).Select(n => n < own.Length ? own[n] : -1L))];
        Sizes = [.. Sets.Select(set => set < 0 ? 0L : sets[(int)set].Length)];
    }

    /// <summary>The most sets that any class is in; at least 1.</summary>
    public int Families { get; }

    /// <summary>The index of each set; −1 where the class is in no more.</summary>
    public long[] Sets { get; }

    /// <summary>The size of each set; 0 where there is none.</summary>
    public long[] Sizes { get; }
}
