using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// A dense layer that reflects the r-dimensional range of its weights V and keeps what is orthogonal to it: W = I − 2V(VᵀV + λI)⁻¹Vᵀ
/// (block reflector orthogonal layer; Lai, Huang, Kung, Chen: Enhancing Certified Robustness via Block Reflector Orthogonal Layers and
/// Logit Annealing Loss, ICML 2025). V has max(inputs, outputs) rows; of W the first rows and columns are used.
/// </summary>
/// <remarks>
/// With λ = 0, W is orthogonal. With λ, a singular value σ of V gives W the singular value |σ² − λ|/(σ² + λ), still at most 1. The matrix
/// to factorize is r × r; for an <see cref="OrthogonalDenseLayer"/> it is as large as the layer.
/// </remarks>
internal sealed class ReflectorDenseLayer : TrainableLayer
{
    // The smallest power of ten with which a V of any condition is factorized in float32, measured up to 1024 × 256.
    private const double RelativeRegularization = 1e-4;

    private readonly int _inputs, _outputs;
    private readonly Parameter _reflected, _bias;

    public ReflectorDenseLayer(int inputs, int outputs, int rank, LayerFactory factory)
    {
        (_inputs, _outputs) = (inputs, outputs);
        _reflected = inputs == outputs ? factory.NearIdentity(inputs, rank) : factory.Orthogonal(Math.Max(inputs, outputs), rank);
        _bias = factory.Constant(0, outputs);
    }

    public override TensorShape OutputShape => TensorShape.Vector(_outputs);

    public override IEnumerable<Parameter> Parameters => [_reflected, _bias];

    public override Tensor Forward(Tensor input, bool training)
    {
        // W is not formed: a batch has fewer columns. In float32, as the factor cancels V.
        var x = input.to(_reflected.dtype);
        var factor = Factor();
        var inRange = linalg.solve_triangular(factor, Rows(_inputs).t().matmul(x.t()), upper: false);
        var reflected = Rows(_outputs).matmul(linalg.solve_triangular(factor.t(), inRange, upper: true));
        return (Resized(x) - (2 * reflected.t()) + _bias).to(input.dtype);
    }

    /// <inheritdoc/>
    public override Tensor Matrix()
    {
        var directions = linalg.solve_triangular(Factor(), _reflected.t(), upper: false);
        var identity = eye(_outputs, _inputs, device: directions.device);
        return identity - (2 * directions[.., .._outputs].t().matmul(directions[.., .._inputs]));
    }

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Matrix()), ToArray(_bias), _inputs, _outputs)];
    }

    private Tensor Factor() => CholeskyFactor.Of(_reflected.t().matmul(_reflected), RelativeRegularization);

    private Tensor Rows(int count) => _reflected[..count];

    // The part that W's identity keeps: as many columns as there are outputs.
    private Tensor Resized(Tensor x) => _outputs <= _inputs ? x[.., .._outputs] : nn.functional.pad(x, [0, _outputs - _inputs]);
}

/// <summary>Describes a <see cref="ReflectorDenseLayer"/>.</summary>
internal sealed record ReflectorDenseDescription(int Width, int Rank) : GloroLayer
{
    internal override bool NeedsVector => true;

    internal override string Text => $"reflector dense {Width} rank {Rank}";

    internal override TensorShape GetOutputShape(TensorShape input)
    {
        int largest = Math.Max(input.Size, Width) / 2;
        return Rank <= largest
            ? TensorShape.Vector(Width)
            : throw new ArgumentException($"its rank may be at most {largest}, half of the larger of its input and its width");
    }

    internal override long CountWeights(TensorShape input) => (long)input.Size * Width;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) =>
        new ReflectorDenseLayer(input.Size, Width, Rank, context.Factory);
}
