using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Between which classes a loss of the EMMA kind asks for margins. A competing class i that could gain g = ε·K_ij on class j within ε is handed e·g, where
/// e = clip(−(y_i − y_j) / g, 0.01, 1) is the share it needs to draw level with j; e is a constant to the gradient.
/// </summary>
internal abstract class MarginPlacement
{
    private const double SmallestShare = 0.01;

    /// <summary>EMMA's logits z, [rows, classes], with z_label = 0: what the label is to win against, by softmax.</summary>
    public abstract Tensor Logits(LossInput input);

    /// <summary>z = d + e·g.</summary>
    /// <param name="differences">d = y_i − y_j.</param>
    /// <param name="gains">g.</param>
    /// <param name="competitors">1 for the classes that are handed something, 0 for the others.</param>
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
