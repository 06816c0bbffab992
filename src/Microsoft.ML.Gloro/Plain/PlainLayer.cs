namespace Microsoft.ML.Gloro.Plain;

/// <summary>
/// One layer of a <see cref="PlainNetwork"/>: exactly the arithmetic that runs when a model is deployed, with the float32 weights that run.
/// Layers are immutable; the arrays they hold are never written after construction.
/// </summary>
internal abstract class PlainLayer
{
    /// <summary>A short name of the layer's kind for messages and reports.</summary>
    public abstract string Kind { get; }

    /// <summary>The shape of the output for inputs of shape <paramref name="input"/>.</summary>
    /// <exception cref="ArgumentException">The layer cannot take that input.</exception>
    public abstract PlainShape GetOutputShape(PlainShape input);
}
