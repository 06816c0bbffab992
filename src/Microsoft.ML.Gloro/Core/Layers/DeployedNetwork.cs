namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The deployed network: a sequence of layers that ends in a dense layer, whose outputs are the logits. It is what the rigorous bound is
/// computed for, what the model file stores and what ONNX is written from. Residuals, orthogonal parametrizations and gains exist only in
/// training.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class DeployedNetwork
{
    /// <param name="inputShape">The shape of one input.</param>
    /// <param name="layers">The layers in order; the last is a <see cref="DeployedDense"/>.</param>
    /// <param name="views">The views of an image that the layers run on. The logits are their means.</param>
    /// <param name="tolerances">How far each feature can be off; null to measure distances in L2.</param>
    /// <exception cref="ArgumentException">
    /// Neighboring layers do not fit, the last layer is not dense, the inputs have no such views, or the network cannot have such
    /// tolerances.
    /// </exception>
    public DeployedNetwork(
        TensorShape inputShape, IReadOnlyList<DeployedLayer> layers, GloroImageViews views = GloroImageViews.One,
        float[]? tolerances = null)
    {
        if (inputShape.Channels < 1 || inputShape.Height < 1 || inputShape.Width < 1)
            throw new ArgumentException($"A network cannot take inputs of shape {inputShape}.", nameof(inputShape));
        if (layers.Count == 0 || layers[^1] is not DeployedDense final)
            throw new ArgumentException("The last layer of a network must be dense: its rows determine the margins.", nameof(layers));
        Shapes = Trace(inputShape, layers);
        (InputShape, Layers, Final) = (inputShape, [.. layers], final);
        (Views, ViewCount) = (views, ImageView.Of(views).Count);
        if (ImageView.FaultFor(views, inputShape) is { } fault)
            throw new ArgumentException(fault, nameof(views));
        Metric = tolerances is null ? null : InputMetric.Create(tolerances, inputShape, Layers);
    }

    public TensorShape InputShape { get; }

    public IReadOnlyList<DeployedLayer> Layers { get; }

    /// <summary>The shapes between layers: entry i goes into layer i, the last entry comes out of the network.</summary>
    public IReadOnlyList<TensorShape> Shapes { get; }

    /// <summary>The final linear layer.</summary>
    public DeployedDense Final { get; }

    public int ClassCount => Final.Outputs;

    /// <summary>The number of weights and biases.</summary>
    public long WeightCount => Layers.Sum(layer => layer.Tensors.Sum(tensor => (long)tensor.Values.Length));

    /// <summary>The views over which logits are averaged.</summary>
    public GloroImageViews Views { get; }

    /// <summary>The number of views, a power of two.</summary>
    public int ViewCount { get; }

    /// <summary>How distances between inputs are measured; null for L2. No logit depends on it, but every bound does.</summary>
    public InputMetric? Metric { get; }

    /// <summary>The same layers on other views.</summary>
    /// <exception cref="ArgumentException">The inputs have no such views.</exception>
    public DeployedNetwork With(GloroImageViews views) =>
        views == Views ? this : new DeployedNetwork(InputShape, Layers, views, Metric?.Tolerances);

    /// <summary>The largest radius around a point whose points differ from it by at most <paramref name="norm"/> in L2.</summary>
    public float RadiusWithin(float norm) => Metric?.RadiusWithin(norm) ?? norm;

    /// <summary>The same layers with other tolerances; null for L2 distances. The bound must be proved for them.</summary>
    /// <exception cref="ArgumentException">The network cannot have such tolerances.</exception>
    public DeployedNetwork WithTolerances(float[]? tolerances) => new(InputShape, Layers, Views, tolerances);

    private static TensorShape[] Trace(TensorShape inputShape, IReadOnlyList<DeployedLayer> layers)
    {
        var shapes = new TensorShape[layers.Count + 1];
        shapes[0] = inputShape;
        for (int i = 0; i < layers.Count; i++)
        {
            try
            {
                shapes[i + 1] = layers[i].GetOutputShape(shapes[i]);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"Layer {i} ({layers[i].Kind}): {ErrorText.Sentence(e)}", e);
            }
        }

        return shapes;
    }
}
