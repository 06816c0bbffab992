using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The last layer: every class's row has unit length, so that no class can buy margin by its norm alone.
/// Its rows enter the margins pair by pair and are no factor of κ.
/// </summary>
internal sealed class UnitNormDenseLayer(int inputs, int classes, LayerFactory factory) : TrainableLayer
{
    private readonly Parameter _weight = factory.Orthogonal(classes, inputs);
    private readonly Parameter _bias = factory.Constant(0, classes);

    /// <inheritdoc/>
    public override TensorShape OutputShape => TensorShape.Vector(classes);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [_weight, _bias];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input, bool training) => nn.functional.linear(input, Rows().to(input.dtype), _bias.to(input.dtype));

    /// <summary>The rows w_i as they run, differentiable.</summary>
    public Tensor Rows() => nn.functional.normalize(_weight, p: 2, dim: 1, eps: 1e-12);

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Rows()), ToArray(_bias), inputs, classes)];
    }
}
