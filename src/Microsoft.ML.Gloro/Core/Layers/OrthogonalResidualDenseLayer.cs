using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// CHORD: the orthogonal matrix that Cholesky makes of I + depth^(−1/2)·γ·W (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable Robustness, ICLR 2024). It
/// starts near the identity, so that many of them in a row can be trained.
/// </summary>
internal sealed class OrthogonalResidualDenseLayer : OrthogonalDenseLayer
{
    private readonly ResidualWeight _residual;

    public OrthogonalResidualDenseLayer(int width, int depth, LayerFactory factory)
        : base(factory.Normal(1.0 / width, width, width), factory) =>
        _residual = new ResidualWeight(factory.Identity(width), factory.Constant(1, width, 1), depth);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _residual.Gain];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _residual.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Raw() => _residual.Of(Weight);
}
