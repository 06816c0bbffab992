namespace Microsoft.ML.Gloro.Core;

/// <summary>An elementwise or pairwise activation without weights.</summary>
internal sealed class DeployedActivation(ActivationFunction function) : DeployedLayer
{
    public ActivationFunction Function { get; } = Enum.IsDefined(function)
        ? function
        : throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation.");

    public override string Kind => (Function == ActivationFunction.MinMax ? MinMaxFormat : ReLUFormat).Name;

    public static LayerKind ReLUFormat { get; } = FormatOf("relu", ActivationFunction.ReLU);

    public static LayerKind MinMaxFormat { get; } = FormatOf("minmax", ActivationFunction.MinMax);

    public override int[][] Numbers => [];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => Function == ActivationFunction.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"MinMax pairs channels and cannot take an odd number of them ({input}).", nameof(input))
        : input;

    private static LayerKind FormatOf(string name, ActivationFunction function) =>
        new(name, typeof(DeployedActivation), [], _ => [], (_, _) => new DeployedActivation(function));
}

/// <summary>The activations a deployed network may use; each is 1-Lipschitz in L2.</summary>
internal enum ActivationFunction
{
    /// <summary>max(x, 0) elementwise.</summary>
    ReLU,

    /// <summary>Channel halves a, b become max(a, b), min(a, b): a sort of pairs, which keeps norms of gradients (Anil, Lucas, Grosse, 2019).</summary>
    MinMax,
}

/// <summary>Describes an <see cref="ActivationLayer"/>.</summary>
internal sealed record ActivationDescription(ActivationFunction Function) : GloroLayer
{
    internal override string Text => new DeployedActivation(Function).Kind;

    internal override TensorShape GetOutputShape(TensorShape input) => Function == ActivationFunction.MinMax && input.Channels % 2 != 0
        ? throw new ArgumentException($"it pairs channels, and {input.Channels} is odd")
        : input;

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ActivationLayer(input, Function);
}
