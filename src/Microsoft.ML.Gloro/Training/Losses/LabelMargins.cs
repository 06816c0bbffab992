using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Margins between the label and every other class: EMMA as published, right for local robustness and strong for every guarantee.</summary>
internal sealed class LabelMargins : MarginPlacement
{
    /// <inheritdoc/>
    public override Tensor Logits(LossInput input)
    {
        var differences = input.Logits - input.Logits.gather(1, input.Labels.unsqueeze(1));
        return HandOut(differences, input.GainRows(input.Labels), 1 - nn.functional.one_hot(input.Labels, input.Logits.shape[1]));
    }
}
