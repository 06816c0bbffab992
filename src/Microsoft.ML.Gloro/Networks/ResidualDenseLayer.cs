using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>The LiResNet block's linear part for vectors: the matrix I + depth^(−1/2)·γ·W.</summary>
internal sealed class ResidualDenseLayer : DenseLayer
{
    private readonly Parameter _gain;
    private readonly Tensor _identity;
    private readonly double _scale;

    public ResidualDenseLayer(int width, int depth, LayerFactory factory)
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
    protected override Tensor Matrix() => _identity + (_gain * Weight * _scale);
}
