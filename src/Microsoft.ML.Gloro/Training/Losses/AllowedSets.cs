using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary><see cref="ResolvedGuarantee.Allows"/> of affinity robustness for a batch: of the affinity sets that each row's first class is in, those that still hold all of F^k.</summary>
internal sealed class AllowedSets(ResolvedGuarantee guarantee, AffinityTable table, Device device)
{
    private readonly Tensor _sets = tensor(table.Sets, [guarantee.ClassCount, table.Families], device: device);
    private Tensor? _first, _sizes, _holding; // Each [rows, families].

    /// <summary>Whether F^k may be certified, [rows, 1], when the k-th class joins it. To be called for k = 1, 2, ….</summary>
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
