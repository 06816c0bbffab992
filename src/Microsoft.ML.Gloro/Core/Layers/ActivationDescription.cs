
namespace Microsoft.ML.Gloro.Core;

/// <summary>Describes an <see cref="ActivationLayer"/>.</summary>
internal sealed record ActivationDescription(ActivationFunction Function) : GloroLayer
{
    internal override string Text => new DeployedActivation(Function).Kind;

    internal override TensorShape GetOutputShape(TensorShape input) => Function == ActivationFunction.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"it pairs channels, and {input.Channels} is odd")
        : input;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ActivationLayer(input, Function);
}
