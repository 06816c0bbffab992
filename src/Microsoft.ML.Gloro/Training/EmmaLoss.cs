using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// EMMA: with z_i = y_i − y_label and the gain g_i = ε·K_i,label that class i could make within ε, class i is handed e_i·g_i, where e_i = clip(−z_i / g_i, 0.01, 1)
/// is the share it needs to draw level; e_i is a constant to the gradient. The loss is the cross-entropy of z_i + e_i·g_i.
/// </summary>
internal sealed class EmmaLoss : GloroLoss
{
    private const double SmallestShare = 0.01;

    /// <inheritdoc/>
    public override Tensor Compute(LossInput input)
    {
        var labels = input.Labels.unsqueeze(1);
        var gains = input.MarginGains().index_select(0, input.Labels);
        var differences = input.Logits - input.Logits.gather(1, labels);
        var shares = (-differences / gains.clamp(min: 1e-12)).clamp(SmallestShare, 1).detach();
        shares *= 1 - nn.functional.one_hot(input.Labels, input.Logits.shape[1]);
        return nn.functional.cross_entropy(differences + (shares * gains), input.Labels);
    }
}
