using Microsoft.ML.Gloro.Plain;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>MinMax or ReLU.</summary>
internal sealed class ActivationLayer : TrainableLayer
{
    private readonly PlainActivation _plain;

    public ActivationLayer(PlainShape input, PlainActivationKind function)
    {
        _plain = new PlainActivation(function);
        OutputShape = _plain.GetOutputShape(input);
    }

    /// <inheritdoc/>
    public override PlainShape OutputShape { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input, bool training)
    {
        if (_plain.Function == PlainActivationKind.ReLU)
            return nn.functional.relu(input);

        // max(a, b) = b + relu(a − b) and min(a, b) = a − relu(a − b): libtorch's maximum and minimum take four times as long forwards and backwards.
        var halves = input.chunk(2, 1);
        var excess = nn.functional.relu(halves[0] - halves[1]);
        return cat([halves[1] + excess, halves[0] - excess], 1);
    }

    /// <inheritdoc/>
    public override IEnumerable<PlainLayer> Condense() => [_plain];
}
