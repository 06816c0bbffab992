using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>The LiResNet block's linear part for vectors: the matrix I + depth^(−1/2)·γ·W.</summary>
internal sealed class ResidualDenseLayer : DenseLayer
{
    private readonly ResidualWeight _residual;

    public ResidualDenseLayer(int width, int depth, LayerFactory factory)
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
    protected override Tensor Matrix() => _residual.Of(Weight);
}
