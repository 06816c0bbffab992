namespace Microsoft.ML.Gloro.Core;

/// <summary>An elementwise or pairwise activation without weights.</summary>
internal sealed class DeployedActivation(ActivationFunction function) : DeployedLayer
{
    public ActivationFunction Function { get; } = Enum.IsDefined(function)
        ? function
        : throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation.");

    /// <inheritdoc/>
    public override string Kind => Function == ActivationFunction.MinMax ? "minmax" : "relu";

    /// <inheritdoc/>
    public override TensorShape GetOutputShape(TensorShape input) => Function == ActivationFunction.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"MinMax pairs channels and cannot take an odd number of them ({input}).", nameof(input))
        : input;
}
