using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Torch;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// The first layers of a network in training, for features with tolerances. What <see cref="RigorousBound"/> will prove is the norm of the
/// product of the first dense layer, the scalings before it and the tolerances, so this is what training estimates and lowers.
/// </summary>
/// <remarks>It owns its tensors. Not thread-safe.</remarks>
internal sealed class TolerantInput : IDisposable
{
    private readonly Tensor _factors;
    private readonly PowerIteration _power;

    /// <param name="tolerances">How far each feature can be off.</param>
    /// <param name="layers">All layers of the network.</param>
    /// <param name="factory">The source of the first vector of power iteration.</param>
    /// <exception cref="ArgumentException">A layer before the first dense one does more than scale and shift features.</exception>
    public TolerantInput(float[] tolerances, IReadOnlyList<TrainableLayer> layers, LayerFactory factory)
    {
        Tolerances = tolerances;
        using var _ = NewDisposeScope();
        Joined = Enumerable.Range(0, layers.Count).First(i => layers[i].Matrix() is not null);
        var metric = InputMetric.Create(
            tolerances, TensorShape.Vector(tolerances.Length), [.. layers.Take(Joined + 1).SelectMany(layer => layer.Fold())]);
        _factors = tensor(metric.Factors, ScalarType.Float32, factory.Device).DetachFromDisposeScope();
        _power = new PowerIteration([tolerances.Length], factory.Generator, factory.Device);
    }

    /// <summary>How far each feature can be off.</summary>
    public float[] Tolerances { get; }

    /// <summary>The index of the first dense layer.</summary>
    public int Joined { get; }

    /// <summary>What a checkpoint must hold.</summary>
    public Tensor Vector => _power.Vector;

    /// <summary>A differentiable estimate of the norm of the product, from below.</summary>
    /// <param name="layer">The first dense layer.</param>
    /// <param name="powerSteps">More steps of power iteration.</param>
    public Tensor EstimateNorm(TrainableLayer layer, int powerSteps)
    {
        var matrix = Multiply(layer.Matrix()!);
        var transposed = matrix.detach().t();
        return _power.Estimate(matrix.mv, transposed.mv, powerSteps);
    }

    /// <summary>The rows of the first dense layer times scaling and tolerances.</summary>
    public Tensor Multiply(Tensor rows) => rows * _factors;

    /// <inheritdoc/>
    public void Dispose()
    {
        _factors.Dispose();
        _power.Dispose();
    }
}
