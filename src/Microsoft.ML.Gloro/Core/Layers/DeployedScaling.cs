namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// An affine map per channel, y = scale·x + shift: input scaling such as (x − mean) / std. It counts in the Lipschitz bound like any layer.
/// </summary>
internal sealed class DeployedScaling : DeployedLayer
{
    /// <param name="scale">One factor per channel.</param>
    /// <param name="shift">One summand per channel.</param>
    public DeployedScaling(float[] scale, float[] shift)
    {
        if (scale.Length == 0 || scale.Length != shift.Length)
            throw new ArgumentException($"Scaling needs one scale and one shift per channel, not {scale.Length} and {shift.Length}.", nameof(scale));
        (Scale, Shift) = (scale, shift);
    }

    public float[] Scale { get; }

    public float[] Shift { get; }

    public override string Kind => Format.Name;

    // The lengths of the tensors are hashed, and they are the channels.
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
