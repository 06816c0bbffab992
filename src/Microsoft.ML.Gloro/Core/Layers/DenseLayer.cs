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

    /// <inheritdoc/>
    public override TensorShape OutputShape => TensorShape.Vector((int)Weight.shape[0]);

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Weight, Bias];

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Buffers => [_power.Vector];

    protected Parameter Weight { get; }

    protected Parameter Bias { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input, bool training) => nn.functional.linear(input, Matrix().to(input.dtype), Bias.to(input.dtype));

    /// <inheritdoc/>
    public override Tensor? EstimateNorm(int powerSteps)
    {
        var matrix = Matrix();
        var transposed = matrix.detach().t();
        return _power.Estimate(matrix.mv, transposed.mv, powerSteps);
    }

    /// <inheritdoc/>
    public override IEnumerable<DeployedLayer> Fold()
    {
        using var _ = NewDisposeScope();
        return [new DeployedDense(ToArray(Matrix()), ToArray(Bias), (int)Weight.shape[1], (int)Weight.shape[0])];
    }

    /// <summary>The matrix that runs.</summary>
    protected virtual Tensor Matrix() => Weight;
}
