namespace Microsoft.ML.Gloro.Plain;

/// <summary>An elementwise or pairwise activation without weights.</summary>
internal sealed class PlainActivation(PlainActivationKind function) : PlainLayer
{
    public PlainActivationKind Function { get; } = Enum.IsDefined(function)
        ? function
        : throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation.");

    /// <inheritdoc/>
    public override string Kind => Function == PlainActivationKind.MinMax ? "minmax" : "relu";

    /// <inheritdoc/>
    public override PlainShape GetOutputShape(PlainShape input) => Function == PlainActivationKind.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"MinMax pairs channels and cannot take an odd number of them ({input}).", nameof(input))
        : input;
}
