using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>Reads an image as one vector in the order channel, row, column.</summary>
internal sealed class DeployedFlatten : DeployedLayer
{
    public override string Kind => Format.Name;

    public static LayerKind Format { get; } =
        new("flatten", typeof(DeployedFlatten), [], _ => [], (_, _) => new DeployedFlatten());

    public override int[][] Numbers => [];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(input.Size);
}

/// <summary>Describes a <see cref="FlattenLayer"/>.</summary>
internal sealed record FlattenDescription : GloroLayer
{
    internal override string Text => "flatten";

    internal override TensorShape GetOutputShape(TensorShape input) => TensorShape.Vector(input.Size);

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new FlattenLayer(input);
}

/// <summary>Reads an image as a vector.</summary>
internal sealed class FlattenLayer(TensorShape input) : TrainableLayer
{
    public override TensorShape OutputShape => TensorShape.Vector(input.Size);

    public override Tensor Forward(Tensor x, bool training) => x.flatten(1);

    public override IEnumerable<DeployedLayer> Fold() => [new DeployedFlatten()];
}
