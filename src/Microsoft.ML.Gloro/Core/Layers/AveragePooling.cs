using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>The means of size × size blocks without overlap. Rows and columns that do not fill a block are dropped.</summary>
internal sealed class DeployedAveragePooling(int size) : DeployedLayer
{
    public int Size { get; } = size >= 1 ? size : throw new ArgumentOutOfRangeException(nameof(size), size, "The pool must be at least 1.");

    public override string Kind => Format.Name;

    public static LayerKind Format { get; } = new(
        "average pooling",
        typeof(DeployedAveragePooling),
        [new("size", Least: 1, [NumberLimit.Side])],
        _ => [],
        (numbers, _) => new DeployedAveragePooling(numbers[0][0]));

    public override int[][] Numbers => [[Size]];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => input.Height < Size || input.Width < Size
        ? throw new ArgumentException($"A pool of {Size}×{Size} cannot take {input}.", nameof(input))
        : new TensorShape(input.Channels, input.Height / Size, input.Width / Size);
}

/// <summary>Describes an <see cref="AveragePoolingLayer"/>.</summary>
internal sealed record AveragePoolingDescription(int Size) : GloroLayer
{
    internal override bool NeedsImage => true;

    internal override string Text => $"average pooling {Size}";

    internal override TensorShape GetOutputShape(TensorShape input) => Size <= Math.Min(input.Height, input.Width)
        ? new DeployedAveragePooling(Size).GetOutputShape(input)
        : throw new ArgumentException("its pool is larger than the image");

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new AveragePoolingLayer(input, Size);
}

/// <summary>Average pooling without overlap, multiplied by the pool's side so that its norm is 1 instead of 1/size.</summary>
internal sealed class AveragePoolingLayer(TensorShape input, int size) : TrainableLayer
{
    private readonly DeployedAveragePooling _deployed = new(size);

    public override TensorShape OutputShape => _deployed.GetOutputShape(input);

    public override Tensor Forward(Tensor x, bool training) => nn.functional.avg_pool2d(x, size) * size;

    public override IEnumerable<DeployedLayer> Fold() =>
        [_deployed, new DeployedScaling([.. Enumerable.Repeat((float)size, input.Channels)], new float[input.Channels])];
}
