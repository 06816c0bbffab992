using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Logit annealing (Lai et al., ICML 2025) of EMMA's logits y′: with z = (y′ − 2·onehot(label)) / T and p its softmax, the loss is −T·(1 − p_label)⁵·ln p_label, T = 0.75.
/// The offset asks for a lead beyond the margin; the power lets go of rows that have it, so that the network's scarce slope goes to those that have not.
/// </summary>
internal sealed class AnnealedEmmaLoss(MarginPlacement margins) : GloroLoss
{
    private const double Temperature = 0.75, Offset = 2;
    private const int Power = 5;

    /// <inheritdoc/>
    public override Tensor Compute(LossInput input)
    {
        var label = nn.functional.one_hot(input.Labels, input.Logits.shape[1]);
        var logits = (margins.Logits(input) - (label * Offset)) / Temperature;
        var likelihood = nn.functional.log_softmax(logits, 1).gather(1, input.Labels.unsqueeze(1));
        var doubt = -likelihood.expm1(); // 1 − p without cancellation, for p close to 1.
        return (doubt.pow(Power) * likelihood).mean() * -Temperature;
    }
}
