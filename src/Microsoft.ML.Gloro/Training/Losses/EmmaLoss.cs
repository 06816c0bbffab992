using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>EMMA: the cross-entropy of the logits of a <see cref="MarginPlacement"/>.</summary>
internal sealed class EmmaLoss(MarginPlacement margins) : GloroLoss
{
    /// <inheritdoc/>
    public override Tensor Compute(LossInput input) => nn.functional.cross_entropy(margins.Logits(input), input.Labels);
}
