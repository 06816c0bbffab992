using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>MinMax or ReLU.</summary>
internal sealed class ActivationLayer : TrainableLayer
{
    private readonly DeployedActivation _plain;

    public ActivationLayer(TensorShape input, ActivationFunction function)
    {
        _plain = new DeployedActivation(function);
        OutputShape = _plain.GetOutputShape(input);
    }

    public override TensorShape OutputShape { get; }

    public override Tensor Forward(Tensor input, bool training) =>
        _plain.Function == ActivationFunction.ReLU ? nn.functional.relu(input) : MinMax(input);

    /// <summary>MinMax in libtorch.</summary>
    public static Tensor MinMax(Tensor x)
    {
        // max(a, b) = b + relu(a − b) and min(a, b) = a − relu(a − b).
        // libtorch's maximum and minimum take four times as long forwards and backwards.
        Tensor[] halves = x.chunk(2, 1);
        Tensor excess = nn.functional.relu(halves[0] - halves[1]);
        return cat([halves[1] + excess, halves[0] - excess], 1);
    }

    public override IEnumerable<DeployedLayer> Fold() => [_plain];
}
