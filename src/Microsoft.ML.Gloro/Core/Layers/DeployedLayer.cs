namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// One layer of a <see cref="DeployedNetwork"/>: exactly the arithmetic that runs when a model is deployed, with the float32 weights that run.
/// Layers are immutable; the arrays they hold are never written after construction.
/// </summary>
internal abstract class DeployedLayer
{
    /// <summary>A short name of the layer's kind for messages and reports.</summary>
    public abstract string Kind { get; }

    /// <summary>The shape of the output for inputs of shape <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentException">The layer cannot take that input.</exception>
    public abstract TensorShape GetOutputShape(TensorShape input);
}
