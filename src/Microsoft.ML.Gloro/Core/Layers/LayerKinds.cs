namespace Microsoft.ML.Gloro.Core;

/// <summary>All kinds of deployed layers. The list is closed: a name in a model file never leads to another type.</summary>
internal static class LayerKinds
{
    public static IReadOnlyList<LayerKind> All { get; } =
    [
        DeployedConvolution.Format,
        DeployedDense.Format,
        DeployedScaling.Format,
        DeployedSpaceToDepth.Format,
        DeployedChannelShift.Format,
        DeployedAveragePooling.Format,
        DeployedFlatten.Format,
        DeployedActivation.ReLUFormat,
        DeployedActivation.MinMaxFormat,
        DeployedActivation.AbsoluteFormat,
        DeployedActivation.HalfAbsoluteFormat,
    ];

    /// <summary>The kind with a name, or null if there is none.</summary>
    public static LayerKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The kind of a layer.</summary>
    /// <exception cref="NotSupportedException">The layer's type is not in the list.</exception>
    public static LayerKind Of(DeployedLayer layer) => Find(layer.Kind) is { } kind && kind.Type == layer.GetType()
        ? kind
        : throw new NotSupportedException(
            $"Layers of type {layer.GetType().Name} ('{layer.Kind}') are not in {nameof(LayerKinds)}, so they cannot be hashed or stored.");
}

/// <summary>What a kind of layer stores, and how to make a layer from it.</summary>
/// <param name="Name">The name in model files and in the weight hash.</param>
/// <param name="Type">The type of the layers.</param>
/// <param name="Numbers">The sizes and options, in the order of the file's header.</param>
/// <param name="TensorSizes">The dimensions of each tensor for given numbers.</param>
/// <param name="Create">Makes a layer from numbers and tensors.</param>
internal sealed record LayerKind(
    string Name,
    Type Type,
    IReadOnlyList<LayerNumbers> Numbers,
    Func<int[][], int[][]> TensorSizes,
    Func<int[][], float[][], DeployedLayer> Create);

/// <summary>A named group of whole numbers.</summary>
/// <param name="Name">The name in the file's header.</param>
/// <param name="Least">The least value of each number.</param>
/// <param name="Limits">What limits each number from above.</param>
/// <param name="IsList">Whether the header holds a list, not a single number.</param>
/// <param name="IsHashed">Whether the weight hash includes the numbers.</param>
internal sealed record LayerNumbers(string Name, int Least, IReadOnlyList<NumberLimit> Limits, bool IsList = false, bool IsHashed = true);

/// <summary>What limits a number from above.</summary>
internal enum NumberLimit
{
    /// <summary>The largest side, stride or padding.</summary>
    Side,

    /// <summary>The most values between two layers.</summary>
    Activations,
}
