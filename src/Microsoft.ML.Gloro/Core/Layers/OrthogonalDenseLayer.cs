using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A dense layer kept orthogonal by Cholesky: with LLᵀ = WWᵀ + λI the matrix that runs is L⁻¹W, whose singular values σ/√(σ² + λ) are below 1
/// (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable Robustness, ICLR 2024). A tall W is treated by its transpose.
/// </summary>
internal class OrthogonalDenseLayer : TrainableLayer
{
    private const double RelativeRegularization = 1e-3;

    private readonly Parameter _bias;

    public OrthogonalDenseLayer(int inputs, int outputs, LayerFactory factory)
        : this(factory.Orthogonal(outputs, inputs), factory)
    {
    }

    protected OrthogonalDenseLayer(Parameter weight, LayerFactory factory) => (Weight, _bias) = (weight, factory.Constant(0, weight.shape[0]));

    /// <inheritdoc/>
    public override TensorShape OutputShape => TensorShape.Vector((int)Weight.shape[0]);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight, _bias];

    protected Parameter Weight { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// L⁻¹(Wx) instead of (L⁻¹W)x: a batch has fewer columns than W, and solving for W's would take longer than everything else here. In float32, since L⁻¹ undoes what W does.
    /// </remarks>
    public override Tensor Forward(Tensor input, bool training)
    {
        var (w, factor, wide) = Factorize();
        var columns = input.to(Weight.dtype).t();
        var output = wide ? linalg.solve_triangular(factor, w.matmul(columns), upper: false) : w.t().matmul(linalg.solve_triangular(factor.t(), columns, upper: true));
        return (output.t() + _bias).to(input.dtype);
    }

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Matrix()), ToArray(_bias), (int)Weight.shape[1], (int)Weight.shape[0])];
    }

    /// <summary>W, of which an orthogonal matrix is made.</summary>
    protected virtual Tensor Raw() => Weight;

    private Tensor Matrix()
    {
        var (w, factor, wide) = Factorize();
        var orthogonal = linalg.solve_triangular(factor, w, upper: false);
        return wide ? orthogonal : orthogonal.t();
    }

    // W, transposed if it is tall, and the L that belongs to it.
    private (Tensor W, Tensor Factor, bool Wide) Factorize()
    {
        var raw = Raw();
        bool wide = raw.shape[1] >= raw.shape[0];
        var w = wide ? raw : raw.t();
        var gram = w.matmul(w.t());
        var regularized = gram + (eye(gram.shape[0], device: gram.device) * (gram.diagonal().mean() * RelativeRegularization));
        var (factor, info) = linalg.cholesky_ex(regularized);

        // Weights that overflowed cannot be factorized. NaN tells the trainer so; libtorch's own exception would speak of a matrix no user has heard of.
        // A sum keeps the factor's memory layout, and with it the bits of what follows.
        var fault = zeros_like(info, dtype: ScalarType.Float32).masked_fill(info.not_equal(0), float.NaN);
        return (w, factor + fault, wide);
    }
}
