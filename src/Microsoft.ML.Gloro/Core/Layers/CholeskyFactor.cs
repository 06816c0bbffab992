using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Factors of Gram matrices, from which layers are made orthogonal.</summary>
internal static class CholeskyFactor
{
    /// <summary>The lower triangular L with LLᵀ = G + λI, differentiable. NaN if G cannot be factorized.</summary>
    /// <param name="gram">The Gram matrix G, in float32.</param>
    /// <param name="relativeRegularization">λ in units of the mean of G's diagonal: the scale of the weights does not matter.</param>
    public static Tensor Of(Tensor gram, double relativeRegularization)
    {
        var regularized = gram + (eye(gram.shape[0], device: gram.device) * (gram.diagonal().mean() * relativeRegularization));
        var (factor, info) = linalg.cholesky_ex(regularized);

        // Weights that overflowed cannot be factorized. NaN tells the trainer; libtorch's own exception would not help a user.
        // NaN is added, because a sum keeps the factor's memory layout and so the bits of the results.
        var fault = zeros_like(info, dtype: ScalarType.Float32).masked_fill(info.not_equal(0), float.NaN);
        return factor + fault;
    }
}
