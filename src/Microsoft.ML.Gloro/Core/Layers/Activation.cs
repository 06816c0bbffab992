using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Core;

/// <summary>An activation without weights.</summary>
internal sealed class DeployedActivation(ActivationFunction function) : DeployedLayer
{
    public ActivationFunction Function { get; } = Enum.IsDefined(function)
        ? function
        : throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation.");

    public override string Kind => Function switch
    {
        ActivationFunction.MinMax => MinMaxFormat.Name,
        ActivationFunction.Absolute => AbsoluteFormat.Name,
        ActivationFunction.HalfAbsolute => HalfAbsoluteFormat.Name,
        _ => ReLUFormat.Name,
    };

    public static LayerKind ReLUFormat { get; } = FormatOf("relu", ActivationFunction.ReLU);

    public static LayerKind MinMaxFormat { get; } = FormatOf("minmax", ActivationFunction.MinMax);

    public static LayerKind AbsoluteFormat { get; } = FormatOf("absolute", ActivationFunction.Absolute);

    public static LayerKind HalfAbsoluteFormat { get; } = FormatOf("halfabsolute", ActivationFunction.HalfAbsolute);

    public override int[][] Numbers => [];

    public override LayerTensor[] Tensors => [];

    public override TensorShape GetOutputShape(TensorShape input) => input.Channels % 2 == 0 ? input : Function switch
    {
        ActivationFunction.MinMax =>
            throw new ArgumentException($"MinMax pairs channels and cannot take an odd number of them ({input}).", nameof(input)),
        ActivationFunction.HalfAbsolute =>
            throw new ArgumentException($"HalfAbs halves channels and cannot take an odd number of them ({input}).", nameof(input)),
        _ => input,
    };

    private static LayerKind FormatOf(string name, ActivationFunction function) =>
        new(name, typeof(DeployedActivation), [], _ => [], (_, _) => new DeployedActivation(function));
}

/// <summary>The activations a deployed network may use; each is 1-Lipschitz in L2.</summary>
internal enum ActivationFunction
{
    /// <summary>max(x, 0) elementwise.</summary>
    ReLU,

    /// <summary>
    /// Sorts pairs: channel halves a, b become max(a, b), min(a, b). Keeps gradient norms (Anil, Lucas, Grosse, ICML 2019).
    /// </summary>
    MinMax,

    /// <summary>|x| elementwise. Only imported networks have it.</summary>
    Absolute,

    /// <summary>
    /// Channel halves a, b become a, |b| (HalfAbs; Hu, Zou, Wang, Leino, Fredrikson, NeurIPS 2023).
    /// </summary>
    HalfAbsolute,
}

/// <summary>Describes an <see cref="ActivationLayer"/>.</summary>
internal sealed record ActivationDescription(ActivationFunction Function) : GloroLayer
{
    internal override string Text =>
        Function == ActivationFunction.HalfAbsolute ? "halfabs" : new DeployedActivation(Function).Kind;

    internal override TensorShape GetOutputShape(TensorShape input) => (Function, input.Channels % 2) switch
    {
        (ActivationFunction.MinMax, 1) => throw new ArgumentException($"it pairs channels, and {input.Channels} is odd"),
        (ActivationFunction.HalfAbsolute, 1) => throw new ArgumentException($"it halves the channels, and {input.Channels} is odd"),
        _ => input,
    };

    internal override TrainableLayer Create(TensorShape input, BuildContext context) => new ActivationLayer(input, Function);
}

/// <summary>MinMax, ReLU or absolute values of all or half of the channels.</summary>
internal sealed class ActivationLayer : TrainableLayer
{
    private readonly DeployedActivation _deployed;

    public ActivationLayer(TensorShape input, ActivationFunction function)
    {
        _deployed = new DeployedActivation(function);
        OutputShape = _deployed.GetOutputShape(input);
    }

    public override TensorShape OutputShape { get; }

    public override Tensor Forward(Tensor input, bool training) =>
        _deployed.Function switch
        {
            ActivationFunction.ReLU => nn.functional.relu(input),
            ActivationFunction.Absolute => input.abs(),
            ActivationFunction.HalfAbsolute => HalfAbsolute(input),
            _ => MinMax(input),
        };

    /// <summary>HalfAbs in libtorch.</summary>
    public static Tensor HalfAbsolute(Tensor x)
    {
        Tensor[] halves = x.chunk(2, 1);
        return cat([halves[0], halves[1].abs()], 1);
    }

    /// <summary>MinMax in libtorch.</summary>
    public static Tensor MinMax(Tensor x)
    {
        // max(a, b) = b + relu(a − b) and min(a, b) = a − relu(a − b).
        // libtorch's maximum and minimum take four times as long forwards and backwards.
        Tensor[] halves = x.chunk(2, 1);
        Tensor excess = nn.functional.relu(halves[0] - halves[1]);
        return cat([halves[1] + excess, halves[0] - excess], 1);
    }

    public override IEnumerable<DeployedLayer> Fold() => [_deployed];
}
