using Microsoft.ML.Gloro.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>A fully connected layer whose norm is estimated by power iteration.</summary>
internal class DenseLayer : TrainableLayer
{
    private readonly PowerIteration _power;

    public DenseLayer(int inputs, int outputs, LayerFactory factory)
        : this(factory.Orthogonal(outputs, inputs), factory)
    {
    }

    protected DenseLayer(Parameter weight, LayerFactory factory)
    {
        Weight = weight;
        Bias = factory.Constant(0, weight.shape[0]);
        _power = new PowerIteration([weight.shape[1]], factory.Generator, factory.Device);
    }

    public override TensorShape OutputShape => TensorShape.Vector((int)Weight.shape[0]);

    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    public override IEnumerable<Tensor> Buffers => [_power.Vector];

    protected Parameter Weight { get; }

    protected Parameter Bias { get; }

    public override Tensor Forward(Tensor input, bool training) =>
        nn.functional.linear(input, Matrix().to(input.dtype), Bias.to(input.dtype));

    public override Tensor? EstimateNorm(int powerSteps)
    {
        var matrix = Matrix();
        var transposed = matrix.detach().t();
        return _power.Estimate(matrix.mv, transposed.mv, powerSteps);
    }

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Matrix()), ToArray(Bias), (int)Weight.shape[1], (int)Weight.shape[0])];
    }

    /// <summary>The matrix that the layer uses.</summary>
    public override Tensor Matrix() => Weight;
}

/// <summary>
/// The last layer. The row of every class has length 1, so that no class can gain margin by its norm alone. The rows enter the margins in
/// pairs and are not a factor of κ.
/// </summary>
internal sealed class UnitNormDenseLayer(int inputs, int classes, LayerFactory factory) : TrainableLayer
{
    private readonly Parameter _weight = factory.Orthogonal(classes, inputs);
    private readonly Parameter _bias = factory.Constant(0, classes);

    public override TensorShape OutputShape => TensorShape.Vector(classes);

    public override IEnumerable<Parameter> Parameters => [_weight, _bias];

    public override Tensor Forward(Tensor input, bool training) =>
        nn.functional.linear(input, Rows().to(input.dtype), _bias.to(input.dtype));

    /// <summary>The rows w_i that the layer uses; differentiable.</summary>
    public Tensor Rows() => nn.functional.normalize(_weight, p: 2, dim: 1, eps: 1e-12);

    /// <inheritdoc/>
    public override Tensor Matrix() => Rows();

    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Rows()), ToArray(_bias), inputs, classes)];
    }
}
