using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>What a loss may look at for one batch.</summary>
/// <param name="Logits">y, [rows, classes], differentiable.</param>
/// <param name="Labels">The true classes, [rows].</param>
/// <param name="FinalRows">The final layer's rows w_i, [classes, width], differentiable.</param>
/// <param name="Kappa">The sub-Lipschitz constant κ, a scalar, differentiable.</param>
/// <param name="Epsilon">The ε of this batch.</param>
internal sealed record LossInput(Tensor Logits, Tensor Labels, Tensor FinalRows, Tensor Kappa, double Epsilon)
{
    /// <summary>ε·K_ij for all pairs of classes, [classes, classes], differentiable.</summary>
    public Tensor MarginGains() => MarginGains(FinalRows, Kappa * Epsilon);

    /// <summary>
    /// factor·‖w_i − w_j‖ for all pairs, from one Gram matrix: ‖w_i − w_j‖² = ‖w_i‖² + ‖w_j‖² − 2 w_i·w_j.
    /// The clamp keeps the root's gradient finite on the diagonal and for equal rows; training may be wrong there, certificates are computed elsewhere.
    /// </summary>
    public static Tensor MarginGains(Tensor finalRows, Tensor factor)
    {
        var gram = finalRows.matmul(finalRows.t());
        var squares = gram.diagonal();
        var distances = (squares.unsqueeze(0) + squares.unsqueeze(1) - (2 * gram)).clamp(min: 1e-8).sqrt();
        return distances * factor;
    }
}
