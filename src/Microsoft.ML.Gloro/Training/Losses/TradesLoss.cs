using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// TRADES (Zhang et al., ICML 2019) as GloRo networks have it: cross-entropy of the logits + λ·KL(p‖q), where p is the softmax without the bottom class ⊥ of the
/// guarantee and q the softmax with it. q_i = p_i·(1 − q_⊥) for every class, and p_⊥ = 0, so that
/// KL = Σ_i p_i·ln(p_i / q_i) = −ln(1 − q_⊥)·Σ_i p_i = −ln(1 − q_⊥) = ln(1 + exp(y_⊥ − ln Σ_i exp y_i)): accuracy and robustness part, the label is in the first term only.
/// </summary>
/// <param name="guarantee">Decides y_⊥.</param>
/// <param name="weight">λ.</param>
internal sealed class TradesLoss(ResolvedGuarantee guarantee, Schedule weight) : GloroLoss
{
    private readonly BottomClass _bottom = new(guarantee);

    /// <inheritdoc/>
    public override Tensor Compute(LossInput input)
    {
        var divergence = nn.functional.softplus(_bottom.Logits(input) - input.Logits.logsumexp(1, keepdim: true));
        return nn.functional.cross_entropy(input.Logits, input.Labels) + (weight.At(input.Progress) * divergence.mean());
    }
}
