namespace Microsoft.ML.Gloro.Core;

/// <summary>One layer of a <see cref="DeployedNetwork"/>: its function, with the float32 weights that the deployed model uses.</summary>
/// <remarks>Immutable: nothing writes to the arrays after construction.</remarks>
internal abstract class DeployedLayer
{
    /// <summary>The name of the layer's kind in model files, messages and reports.</summary>
    public abstract string Kind { get; }

    /// <summary>The sizes and options, one entry for each of the kind's <see cref="LayerKind.Numbers"/>, in their order.</summary>
    public abstract int[][] Numbers { get; }

    /// <summary>The weights, in the order in which a model file holds them.</summary>
    public abstract LayerTensor[] Tensors { get; }

    /// <summary>The shape of the output for inputs of shape <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentException">The layer cannot take that input.</exception>
    public abstract TensorShape GetOutputShape(TensorShape input);
}

/// <summary>A tensor of a layer's weights.</summary>
/// <param name="Name">The name of one value in messages.</param>
/// <param name="Values">The values.</param>
internal readonly record struct LayerTensor(string Name, float[] Values);
