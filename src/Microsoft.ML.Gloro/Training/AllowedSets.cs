using Microsoft.ML.Gloro.Guarantees;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary><see cref="BoundGuarantee.Allows"/> of affinity robustness for a batch: for each row the affinity sets that still hold all of F^k.</summary>
internal sealed class AllowedSets
{
    private readonly Tensor _memberships; // [classes, sets]
    private readonly Tensor? _sizes;      // [sets], in the exact meaning
    private readonly Tensor? _singletons; // [classes, 1], where a class in no set may stand alone
    private Tensor? _holding;             // [rows, sets]

    private AllowedSets(BoundGuarantee guarantee, IReadOnlyList<int[]> sets, Device device)
    {
        bool[] memberships = new bool[guarantee.ClassCount * sets.Count], alone = [.. Enumerable.Repeat(true, guarantee.ClassCount)];
        for (int set = 0; set < sets.Count; set++)
        {
            foreach (int member in sets[set])
                (memberships[(member * sets.Count) + set], alone[member]) = (true, false);
        }

        _memberships = tensor(memberships, [guarantee.ClassCount, sets.Count], device: device);
        if (guarantee.Guarantee.Match == AffinityMatch.Exact)
            _sizes = tensor([.. sets.Select(set => (long)set.Length)], device: device);
        if (guarantee.Guarantee.IncludeSingletons)
            _singletons = tensor(alone, [guarantee.ClassCount, 1], device: device);
    }

    /// <summary>Null if every k up to the guarantee's largest is allowed.</summary>
    public static AllowedSets? Create(BoundGuarantee guarantee, Device device) => guarantee.AffinitySets is { } sets ? new(guarantee, sets, device) : null;

    /// <summary>Whether F^k may be certified, [rows, 1], when the k-th class joins it. To be called for k = 1, 2, ….</summary>
    /// <param name="classes">The k-th classes, [rows, 1].</param>
    /// <param name="k">k.</param>
    public Tensor Join(Tensor classes, int k)
    {
        var sets = _memberships.index_select(0, classes.squeeze(1));
        _holding = _holding is null ? sets : _holding & sets;
        var allowed = (_sizes is null ? _holding : _holding & _sizes.eq(k)).any(1, keepdim: true);
        return k == 1 && _singletons is not null ? allowed | _singletons.index_select(0, classes.squeeze(1)) : allowed;
    }
}
