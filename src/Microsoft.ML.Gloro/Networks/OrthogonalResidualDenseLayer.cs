using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>
/// CHORD: the orthogonal matrix that Cholesky makes of I + depth^(−1/2)·γ·W (Hu, Leino, Wang, Fredrikson: A Recipe for Improved Certifiable Robustness, ICLR 2024). It
/// starts near the identity, so that many of them in a row can be trained.
/// </summary>
internal sealed class OrthogonalResidualDenseLayer : OrthogonalDenseLayer
{
    private readonly Parameter _gain;
    private readonly Tensor _identity;
    private readonly double _scale;

    public OrthogonalResidualDenseLayer(int width, int depth, LayerFactory factory)
        : base(factory.Normal(1.0 / width, width, width), factory)
    {
        _gain = factory.Constant(1, width, 1);
        _scale = 1 / Math.Sqrt(depth);
        _identity = factory.Identity(width);
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [.. base.Parameters, _gain];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _identity.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Raw() => _identity + (_gain * Weight * _scale);
}
