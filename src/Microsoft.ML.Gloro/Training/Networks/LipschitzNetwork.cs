using Microsoft.ML.Gloro.Core;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A sequence of trainable layers that ends in a <see cref="UnitNormDenseLayer"/>.</summary>
/// <remarks>The network owns its layers. Not thread-safe.</remarks>
internal sealed class LipschitzNetwork : IDisposable
{
    private readonly TrainableLayer[] _body;
    private readonly TolerantInput? _tolerant;

    /// <param name="inputShape">The shape of one input.</param>
    /// <param name="body">The layers before the last.</param>
    /// <param name="final">The last layer.</param>
    /// <param name="tolerant">The first layers for features with tolerances, which the network then owns; null without tolerances.</param>
    public LipschitzNetwork(
        TensorShape inputShape, IReadOnlyList<TrainableLayer> body, UnitNormDenseLayer final, TolerantInput? tolerant = null)
    {
        InputShape = inputShape;
        _body = [.. body];
        Final = final;
        _tolerant = tolerant;
    }

    public TensorShape InputShape { get; }

    public UnitNormDenseLayer Final { get; }

    /// <summary>The tensors that the optimizer changes, in a fixed order.</summary>
    public IReadOnlyList<Parameter> Parameters => [.. Layers.SelectMany(l => l.Parameters)];

    /// <summary>The tensors that a checkpoint must hold.</summary>
    public IReadOnlyList<Tensor> State =>
    [
        .. Layers.SelectMany(l => l.Parameters.Concat<Tensor>(l.Buffers)),
        .. _tolerant is null ? Array.Empty<Tensor>() : [_tolerant.Vector],
    ];

    /// <summary>How far each feature can be off; null if distances are L2.</summary>
    public IReadOnlyList<float>? Tolerances => _tolerant?.Tolerances ?? FixedTolerances;

    /// <summary>The tolerances for which the norm of a <see cref="FixedBody"/> is proved; null for L2 distances.</summary>
    public float[]? FixedTolerances { get; init; }

    private IEnumerable<TrainableLayer> Layers => [.. _body, Final];

    /// <summary>The logits of a batch, in float32.</summary>
    /// <param name="input">float32 inputs, [rows, channels, height, width] or [rows, length].</param>
    /// <param name="training">Whether to update running statistics.</param>
    /// <param name="computeType">The type of the layers' arithmetic. bfloat16 halves the time of a step on processors that have it.</param>
    public Tensor Forward(Tensor input, bool training, ScalarType computeType = ScalarType.Float32) =>
        Final.Forward(Features(input, training, computeType), training);

    /// <summary>What the last layer gets of a batch, in float32.</summary>
    /// <param name="input">As for <see cref="Forward"/>.</param>
    /// <param name="training">Whether to update running statistics.</param>
    /// <param name="computeType">The type of the layers' arithmetic.</param>
    public Tensor Features(Tensor input, bool training, ScalarType computeType = ScalarType.Float32)
    {
        var x = input;
        foreach (var layer in _body)
        {
            // Input scaling stays in float32: bytes lose bits in bfloat16 that centered values keep.
            if (layer is not InputScalingLayer && x.dtype != computeType)
                x = x.to(computeType);
            x = layer.Forward(x, training);
        }

        return x.to(ScalarType.Float32);
    }

    /// <summary>An estimate of the sub-Lipschitz constant κ from below: the product of the body's norms by power iteration.</summary>
    /// <remarks>Differentiable.</remarks>
    public Tensor EstimateKappa(int powerSteps)
    {
        Tensor kappa = ones(1, device: Final.Parameters.First().device);
        int first = _tolerant is null ? 0 : _tolerant.Joined + 1;
        if (first > 0 && first <= _body.Length)
            kappa = kappa * _tolerant!.EstimateNorm(_body[first - 1], powerSteps);
        foreach (var layer in _body.Skip(first))
        {
            if (layer.EstimateNorm(powerSteps) is { } norm)
                kappa = kappa * norm;
        }

        return kappa.squeeze();
    }

    /// <summary>
    /// The rows w_i whose distances, times κ, are the margin constants: those of the last layer, times scaling and tolerances if it is the
    /// first dense layer too. Differentiable.
    /// </summary>
    public Tensor MarginRows() => _tolerant?.Joined == _body.Length ? _tolerant.Multiply(Final.Rows()) : Final.Rows();

    /// <summary>The deployed network with the current weights.</summary>
    public DeployedNetwork Fold() =>
        new(InputShape, ShiftFolding.Fold(Layers.SelectMany(l => l.Fold())), tolerances: _tolerant?.Tolerances ?? FixedTolerances);

    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
        _tolerant?.Dispose();
    }
}
