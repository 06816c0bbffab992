using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Describes an <see cref="ActivationLayer"/>.</summary>
internal sealed record ActivationDescription(PlainActivationKind Function) : GloroLayer
{
    internal override string Text => new PlainActivation(Function).Kind;

    internal override PlainShape GetOutputShape(PlainShape input) => Function == PlainActivationKind.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"it pairs channels, and {input.Channels} is odd")
        : input;

    internal override TrainableLayer Create(PlainShape input, BuildContext context) => new ActivationLayer(input, Function);
}
