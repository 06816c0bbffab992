using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Cross-entropy after every competing class i is handed margin·ε·K_i,label, whether it needs it or not: what Lipschitz margin training (Tsuzuku, Sato, Sugiyama,
/// NeurIPS 2018) does with the margin 1.
/// </summary>
/// <param name="margin">In units of ε·K.</param>
internal sealed class FixedMarginLoss(double margin) : GloroLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(LossInput input)
    {
        var competitors = 1 - nn.functional.one_hot(input.Labels, input.Logits.shape[1]).to(input.Logits.dtype);
        return nn.functional.cross_entropy(input.Logits + (input.GainRows(input.Labels) * competitors * margin), input.Labels);
    }
}
