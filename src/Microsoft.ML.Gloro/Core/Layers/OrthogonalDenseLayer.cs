using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A dense layer made orthogonal by Cholesky: with LLᵀ = WWᵀ + λI its matrix is L⁻¹W, whose singular values σ/√(σ² + λ) are below 1
/// (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable Robustness, ICLR 2024). A tall W is transposed first.
/// </summary>
internal class OrthogonalDenseLayer : TrainableLayer
{
    private const double RelativeRegularization = 1e-3;

    private readonly Parameter _bias;

    public OrthogonalDenseLayer(int inputs, int outputs, LayerFactory factory)
        : this(factory.Orthogonal(outputs, inputs), factory)
    {
    }

    protected OrthogonalDenseLayer(Parameter weight, LayerFactory factory) =>
        (Weight, _bias) = (weight, factory.Constant(0, weight.shape[0]));

    public override TensorShape OutputShape => TensorShape.Vector((int)Weight.shape[0]);

    public override IEnumerable<Parameter> Parameters => [Weight, _bias];

    protected Parameter Weight { get; }

    public override Tensor Forward(Tensor input, bool training)
    {
        // L⁻¹(Wx) instead of (L⁻¹W)x: a batch has fewer columns than W, so there is less to solve. In float32, because L⁻¹ cancels W.
        var (w, factor, wide) = Factorize();
        var columns = input.to(Weight.dtype).t();
        var output = wide
            ? linalg.solve_triangular(factor, w.matmul(columns), upper: false)
            : w.t().matmul(linalg.solve_triangular(factor.t(), columns, upper: true));
        return (output.t() + _bias).to(input.dtype);
    }

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Matrix()), ToArray(_bias), (int)Weight.shape[1], (int)Weight.shape[0])];
    }

    /// <summary>W, from which the orthogonal matrix is made.</summary>
    protected virtual Tensor Raw() => Weight;

    /// <inheritdoc/>
    public override Tensor Matrix()
    {
        var (w, factor, wide) = Factorize();
        var orthogonal = linalg.solve_triangular(factor, w, upper: false);
        return wide ? orthogonal : orthogonal.t();
    }

    // W, transposed if it is tall, and its L.
    private (Tensor W, Tensor Factor, bool Wide) Factorize()
    {
        var raw = Raw();
        bool wide = raw.shape[1] >= raw.shape[0];
        var w = wide ? raw : raw.t();
        return (w, CholeskyFactor.Of(w.matmul(w.t()), RelativeRegularization), wide);
    }
}

/// <summary>Describes an <see cref="OrthogonalDenseLayer"/>.</summary>
internal sealed record OrthogonalDenseDescription(int Width) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"orthogonal dense {Width}";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(Width);

    internal override long CountWeights(TensorShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new OrthogonalDenseLayer(input.Size, Width, context.Factory);
}
