using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A matrix made orthogonal by Cholesky, differentiable: with LLᵀ = WWᵀ + λI it is L⁻¹W, whose singular values σ/√(σ² + λ) are below 1
/// (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable Robustness, ICLR 2024). A tall W is transposed first. In float32,
/// because L⁻¹ cancels W.
/// </summary>
internal static class CholeskyOrthogonal
{
    private const double RelativeRegularization = 1e-3;

    /// <summary>The orthogonal matrix.</summary>
    public static Tensor Matrix(Tensor raw)
    {
        var (w, factor, isWide) = Factorize(raw);
        var orthogonal = linalg.solve_triangular(factor, w, upper: false);
        return isWide ? orthogonal : orthogonal.t();
    }

    /// <summary>W, transposed if it is tall, and its L.</summary>
    public static (Tensor W, Tensor Factor, bool IsWide) Factorize(Tensor raw)
    {
        bool isWide = raw.shape[1] >= raw.shape[0];
        var w = isWide ? raw : raw.t();
        return (w, CholeskyFactor.Of(w.matmul(w.t()), RelativeRegularization), isWide);
    }
}
