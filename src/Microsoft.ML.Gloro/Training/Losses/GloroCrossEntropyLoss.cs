using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Cross-entropy with the bottom class ⊥ of the guarantee as one more class that is never right.</summary>
internal sealed class GloroCrossEntropyLoss(ResolvedGuarantee guarantee) : GloroLoss
{
    private readonly BottomClass _bottom = new(guarantee);

    /// <inheritdoc/>
    public override Tensor Compute(LossInput input) => nn.functional.cross_entropy(cat([input.Logits, _bottom.Logits(input)], 1), input.Labels);
}
