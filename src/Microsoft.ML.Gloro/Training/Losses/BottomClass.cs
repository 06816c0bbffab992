using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The logit of the bottom class ⊥, which stands for "not certified" in training. With
/// m_k = min over j ∈ F^k of [ y_j − max over i ∉ F^k of (y_i + ε·K_ij) ] and m = max of m_k over the k that the guarantee allows, it is
/// y_⊥ = max_i y_i − m. So y_⊥ is below the highest logit exactly if some allowed r_k exceeds ε. For K = 1 this is GloRo's
/// y_⊥ = max over i ≠ j of (y_i + ε·K_ij).
/// </summary>
/// <remarks>
/// <para>The place where m is attained (which k, which pair of classes) is found without gradients. The value is then gathered, so that
/// gradients reach the logits, the final rows and κ.</para>
/// <para>The guarantee may allow no k for a row's order of classes: in affinity robustness the top class is in no set and has no singleton,
/// or, with exact matching, the highest classes are not a set. Then the row cannot be certified, and k = 1 is used, because a local margin
/// does no harm.</para>
/// </remarks>
internal sealed class BottomClass(ResolvedGuarantee guarantee)
{
    private readonly AffinityTable? _table = guarantee.AffinitySets is { } sets ? new(guarantee, sets) : null;

    /// <summary>y_⊥, [rows, 1]. If a gain that decides it is not finite, y_⊥ is not finite either, and the loss becomes NaN.</summary>
    public Tensor Logits(LossInput input)
    {
        var (top, inside, outside) = Select(input);
        // In this order the top logit cancels without rounding if it is the inside class, as in GloRo's own formula.
        var lead = input.Logits.gather(1, top) - input.Logits.gather(1, inside);
        return lead + input.Logits.gather(1, outside) + input.PairGains(inside.squeeze(1), outside.squeeze(1));
    }

    private (Tensor Top, Tensor Inside, Tensor Outside) Select(LossInput input)
    {
        using var _ = no_grad();
        using var search = new MarginSearch(input);
        var permission = _table is null ? null : new AllowedSets(guarantee, _table, input.Logits.device); // null if every k is allowed
        var top = MarginSearch.Highest(search.Outside);
        var (best, outside) = search.Join(top);
        var inside = top;

        // k = 1 is used where nothing is allowed. The first allowed k replaces it, whatever their margins.
        var found = permission?.Join(top, 1);
        for (int k = 2; k <= guarantee.MaxK; k++)
        {
            var joining = MarginSearch.Highest(search.Outside);
            var (slack, at) = search.Join(joining);
            var better = slack.gt(best);
            if (permission is not null)
            {
                var allowed = permission.Join(joining, k);
                better = allowed & (better | found!.logical_not());
                found |= allowed;
            }

            best = where(better, slack, best);
            inside = where(better, search.Weakest(at), inside);
            outside = where(better, at, outside);
        }

        return (top, inside, outside);
    }
}
