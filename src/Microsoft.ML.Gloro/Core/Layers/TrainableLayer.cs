using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// One layer of a network in training. It runs on a batch, estimates its Lipschitz constant differentiably, and gives the deployed layers
/// that it becomes.
/// </summary>
/// <remarks>The layer owns its tensors; dispose it with the network. Not thread-safe.</remarks>
internal abstract class TrainableLayer : IDisposable
{
    /// <summary>The shape of one output.</summary>
    public abstract TensorShape OutputShape { get; }

    /// <summary>Tensors that the optimizer changes, in a fixed order.</summary>
    public virtual IEnumerable<Parameter> Parameters => [];

    /// <summary>
    /// Other tensors that training may change (running means, singular vectors). A checkpoint holds them and <see cref="Parameters"/>.
    /// </summary>
    public virtual IEnumerable<Tensor> Buffers => [];

    /// <summary>Runs the layer on a batch, in the type of <paramref name="input"/>.</summary>
    /// <param name="input">The batch, [rows, channels, height, width], or [rows, length] for vectors.</param>
    /// <param name="training">Whether to update running statistics with this batch.</param>
    public abstract Tensor Forward(Tensor input, bool training);

    /// <summary>
    /// A differentiable estimate of the spectral norm after <paramref name="powerSteps"/> more steps of power iteration; null if the norm
    /// is at most 1 by construction.
    /// </summary>
    public virtual Tensor? EstimateNorm(int powerSteps) => null;

    /// <summary>The matrix of a layer that multiplies vectors by one, differentiable; null for other layers.</summary>
    public virtual Tensor? Matrix() => null;

    /// <summary>The deployed form of the layer with its current weights.</summary>
    public abstract IEnumerable<DeployedLayer> Fold();

    public virtual void Dispose()
    {
        foreach (var tensor in Parameters.Concat<Tensor>(Buffers))
            tensor.Dispose();
    }

    /// <summary>The values of <paramref name="tensor"/> in row-major order.</summary>
    protected static float[] ToArray(Tensor tensor)
    {
        using var _ = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }
}
