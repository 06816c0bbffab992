using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Torch;

/// <summary>
/// Estimates the largest singular value of a linear map while its weights are being trained: a few warm-started steps of power iteration a
/// batch, then one application of the map through which the estimate is differentiated. It approaches the norm from below and so <b>proves
/// nothing</b>; <see cref="RigorousBound"/> replaces it once training is over.
/// </summary>
/// <remarks>Not thread-safe: it keeps the singular vector found so far.</remarks>
internal sealed class PowerIteration : IDisposable
{
    private readonly Tensor _vector;

    /// <param name="domain">The shape of the map's input.</param>
    /// <param name="generator">The source of the start vector, so that equal seeds give equal runs.</param>
    /// <param name="device">Where the map's weights live.</param>
    public PowerIteration(ReadOnlySpan<long> domain, Generator generator, Device device)
    {
        using var _ = NewDisposeScope();
        var start = randn(domain, generator: generator).to(device);
        _vector = (start / start.norm()).DetachFromDisposeScope();
    }

    /// <summary>The right singular vector found so far, part of a checkpoint.</summary>
    public Tensor Vector => _vector;

    /// <summary>
    /// Moves the vector by <paramref name="steps"/> steps and returns ‖A v‖ ≈ σ₁(A), differentiable in the weights of
    /// <paramref name="apply"/>.
    /// </summary>
    /// <param name="apply">A.</param>
    /// <param name="applyTransposed">Aᵀ.</param>
    /// <param name="steps">Power steps, each one application of A and one of Aᵀ.</param>
    public Tensor Estimate(Func<Tensor, Tensor> apply, Func<Tensor, Tensor> applyTransposed, int steps)
    {
        if (steps > 0)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var v = _vector;
            for (int i = 0; i < steps; i++)
                v = Normalize(applyTransposed(apply(v)), v);
            _vector.copy_(v);
        }

        // With v a fixed unit vector, ∂‖Av‖ is u vᵀ for u = Av/‖Av‖: the gradient of the singular value at convergence.
        return apply(_vector).norm();
    }

    /// <inheritdoc/>
    public void Dispose() => _vector.Dispose();

    // A map that sends v to zero says nothing about where to go: v stays, or it would be zero for good, however the weights change.
    private static Tensor Normalize(Tensor next, Tensor v)
    {
        var norm = next.norm();
        return where(norm.greater(0), next / norm, v);
    }
}
