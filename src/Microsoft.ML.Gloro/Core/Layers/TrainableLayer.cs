using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// One layer of a network in training. It knows how to run on a batch, how to estimate its Lipschitz constant differentiably,
/// and which plain layers it becomes when the network is deployed.
/// </summary>
/// <remarks>Owns its tensors; dispose it with the network. Not thread-safe.</remarks>
internal abstract class TrainableLayer : IDisposable
{
    /// <summary>The shape of one output.</summary>
    public abstract TensorShape OutputShape { get; }

    /// <summary>Tensors that the optimizer moves, in a fixed order.</summary>
    public virtual IEnumerable<Parameter> Parameters => [];

    /// <summary>Tensors that training changes by other means (running means, singular vectors); with <see cref="Parameters"/> they make a checkpoint.</summary>
    public virtual IEnumerable<Tensor> Buffers => [];

    /// <summary>Runs the layer on a batch [rows, channels, height, width], or [rows, length] for vectors, in the type of <paramref name="input"/>.</summary>
    /// <param name="input">The batch.</param>
    /// <param name="training">Whether running statistics are to be taken from this batch.</param>
    public abstract Tensor Forward(Tensor input, bool training);

    /// <summary>A differentiable estimate of the spectral norm after <paramref name="powerSteps"/> more steps of power iteration; null if it is at most 1 by construction.</summary>
    public virtual Tensor? EstimateNorm(int powerSteps) => null;

    /// <summary>The deployed form of the layer as it stands.</summary>
    public abstract IEnumerable<DeployedLayer> Fold();

    /// <inheritdoc/>
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
