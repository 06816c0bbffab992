using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Decides between which classes a loss of the EMMA kind requires margins. A competing class i that could gain g = ε·K_ij on class j within
/// ε gets e·g added, where e = clip(−(y_i − y_j) / g, 0.01, 1) is the share it needs to draw level with j. e has no gradient.
/// </summary>
internal abstract class MarginPlacement
{
    private const double SmallestShare = 0.01;

    /// <summary>EMMA's logits z, [rows, classes], with z_label = 0. The label competes against them in a softmax.</summary>
    public abstract Tensor Logits(LossInput input);

    /// <summary>z = d + e·g.</summary>
    /// <param name="differences">d = y_i − y_j.</param>
    /// <param name="gains">g.</param>
    /// <param name="competitors">1 for the classes that get a margin, 0 for the others.</param>
    protected static Tensor HandOut(Tensor differences, Tensor gains, Tensor competitors)
    {
        return differences + (Shares() * gains);

        Tensor Shares()
        {
            using var _ = no_grad();
            return (-differences / gains.clamp(min: 1e-12)).clamp(SmallestShare, 1) * competitors;
        }
    }
}

/// <summary>
/// Margins between the label and every other class: EMMA as published. It is exact for local robustness and strong for every guarantee.
/// </summary>
internal sealed class LabelMargins : MarginPlacement
{
    public override Tensor Logits(LossInput input)
    {
        var differences = input.Logits - input.Logits.gather(1, input.Labels.unsqueeze(1));
        return HandOut(differences, input.GainRows(input.Labels), 1 - nn.functional.one_hot(input.Labels, input.Logits.shape[1]));
    }
}
