using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>An affine map per channel, y = scale·x + shift, such as (x − mean) / std. Its scale counts in the Lipschitz bound.</summary>
internal sealed class DeployedScaling : DeployedLayer
{
    /// <param name="scale">One factor per channel.</param>
    /// <param name="shift">One summand per channel.</param>
    public DeployedScaling(float[] scale, float[] shift)
    {
        if (scale.Length == 0 || scale.Length != shift.Length)
        {
            throw new ArgumentException(
                $"Scaling needs one scale and one shift per channel, not {scale.Length} and {shift.Length}.", nameof(scale));
        }

        (Scale, Shift) = (scale, shift);
    }

    public float[] Scale { get; }

    public float[] Shift { get; }

    public override string Kind => Format.Name;

    // The channels are not hashed: they are the lengths of the tensors, which are hashed.
    public static LayerKind Format { get; } = new(
        "scaling",
        typeof(DeployedScaling),
        [new("channels", Least: 1, [NumberLimit.Activations], IsHashed: false)],
        numbers => [numbers[0], numbers[0]],
        (_, tensors) => new DeployedScaling(tensors[0], tensors[1]));

    public override int[][] Numbers => [[Scale.Length]];

    public override LayerTensor[] Tensors => [new("scale", Scale), new("shift", Shift)];

    public override TensorShape GetOutputShape(TensorShape input) => input.Channels == Scale.Length
        ? input
        : throw new ArgumentException($"Scaling of {Scale.Length} channels cannot take {input}.", nameof(input));
}

/// <summary>A fixed affine map of the input's channels, y = scale·x + shift.</summary>
internal sealed class InputScalingLayer : TrainableLayer
{
    private readonly DeployedScaling _deployed;
    private readonly Tensor _scale;
    private readonly Tensor _shift;
    private readonly double _norm;

    public InputScalingLayer(TensorShape input, float[] scale, float[] shift, LayerFactory factory)
    {
        _deployed = new DeployedScaling(scale, shift);
        OutputShape = _deployed.GetOutputShape(input);
        using var _ = NewDisposeScope();
        long[] shape = input.IsVector ? [1, input.Channels] : [1, input.Channels, 1, 1];
        _scale = tensor(scale, device: factory.Device).reshape(shape).DetachFromDisposeScope();
        _shift = tensor(shift, device: factory.Device).reshape(shape).DetachFromDisposeScope();
        _norm = scale.Max(Math.Abs);
    }

    public override TensorShape OutputShape { get; }

    public override IEnumerable<Tensor> Buffers => [_scale, _shift];

    public override Tensor Forward(Tensor x, bool training) => (x * _scale) + _shift;

    public override Tensor? EstimateNorm(int powerSteps) => _norm == 1 ? null : tensor((float)_norm, device: _scale.device);

    public override IEnumerable<DeployedLayer> Fold() => [_deployed];
}

/// <summary>
/// Subtracts each channel's mean: the mean of the batch in training, the running mean when deployed. This is batch normalization without
/// the division, which would be a Lipschitz factor; a constant shift is not.
/// </summary>
internal sealed class CenteringLayer(TensorShape input, LayerFactory factory) : TrainableLayer
{
    // About the last ten batches: long enough to be smooth, short enough to forget old weights.
    private const double Momentum = 0.1;

    private readonly Tensor _mean = factory.Buffer(input.Channels);

    public override TensorShape OutputShape => input;

    public override IEnumerable<Tensor> Buffers => [_mean];

    public override Tensor Forward(Tensor x, bool training)
    {
        bool vector = x.dim() == 2;
        var mean = _mean.to(x.dtype);
        if (training)
        {
            mean = vector ? x.mean([0]) : x.flatten(2).mean([2]).mean([0]);
            using var _ = no_grad();
            _mean.lerp_(mean.detach().to(_mean.dtype), Momentum);
        }

        return x - mean.reshape(vector ? [1, -1] : [1, -1, 1, 1]);
    }

    public override IEnumerable<DeployedLayer> Fold() =>
        [new DeployedScaling([.. Enumerable.Repeat(1f, input.Channels)], [.. ToArray(_mean).Select(m => -m)])];
}

/// <summary>Describes a <see cref="CenteringLayer"/>.</summary>
internal sealed record CenteringDescription : GloroLayer
{
    internal override string Text => "centering";

    internal override TensorShape GetOutputShape(TensorShape input) => input;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new CenteringLayer(input, context.Factory);
}
