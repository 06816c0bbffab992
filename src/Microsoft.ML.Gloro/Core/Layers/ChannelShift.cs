using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Moves four groups of channels by one pixel: the first <see cref="Group"/> channels to the left, the next to the right, the next up and
/// the next down. The others stay. What leaves the image on one side comes in on the other, so values only change their places: it is an
/// isometry. (Zeros that come in instead would have the bound 1 too, but lose a side of the image in each layer.) This is the spatial shift
/// module of LipNeXt (Hu, Hu, Fredrikson, ICLR 2026).
/// </summary>
internal sealed class DeployedChannelShift(int group) : DeployedLayer
{
    /// <summary>The number of channels that move in each direction.</summary>
    public int Group { get; } = group >= 1
        ? group
        : throw new ArgumentOutOfRangeException(nameof(group), group, "At least one channel must move in each direction.");

    /// <summary>How many rows down and columns to the right the groups move, in the order of their channels.</summary>
    public static IReadOnlyList<(int Down, int Right)> Directions { get; } = [(0, -1), (0, 1), (-1, 0), (1, 0)];

    public override string Kind => Format.Name;

    public static LayerKind Format { get; } = new(
        "channel shift",
        typeof(DeployedChannelShift),
        [new("group", Least: 1, [NumberLimit.Activations])],
        _ => [],
        (numbers, _) => new DeployedChannelShift(numbers[0][0]));

    public override int[][] Numbers => [[Group]];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => (long)Directions.Count * Group <= input.Channels
        ? input
        : throw new ArgumentException($"A shift of four groups of {Group} channels cannot take {input}.", nameof(input));
}

/// <summary>Describes a <see cref="ChannelShiftLayer"/>.</summary>
/// <param name="Part">One channel of so many moves in each direction.</param>
internal sealed record ChannelShiftDescription(int Part) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"channel shift 1/{Part}";

    internal override TensorShape GetOutputShape(TensorShape input) => input.Channels >= Part
        ? input
        : throw new ArgumentException($"it moves one channel of {Part} in each direction, and there are only {input.Channels}");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ChannelShiftLayer(input, input.Channels / Part);
}

/// <summary>Moves groups of channels by one pixel, as <see cref="DeployedChannelShift"/> does.</summary>
internal sealed class ChannelShiftLayer : TrainableLayer
{
    private readonly DeployedChannelShift _deployed;

    public ChannelShiftLayer(TensorShape input, int group)
    {
        _deployed = new DeployedChannelShift(group);
        OutputShape = _deployed.GetOutputShape(input);
    }

    public override TensorShape OutputShape { get; }

    public override Tensor Forward(Tensor input, bool training) => Move(input, _deployed.Group);

    /// <summary>The shift in libtorch.</summary>
    public static Tensor Move(Tensor x, int group)
    {
        var directions = DeployedChannelShift.Directions;
        Tensor[] groups = x.split([.. directions.Select(_ => (long)group), x.shape[1] - (directions.Count * group)], dim: 1);
        return cat([.. directions.Select((to, i) => groups[i].roll([to.Down, to.Right], [2, 3])), groups[^1]], 1);
    }

    public override IEnumerable<DeployedLayer> Fold() => [_deployed];
}
