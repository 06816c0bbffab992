namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The deployed network: a sequence of plain layers that ends in a dense layer, whose outputs are the logits. The rigorous bound is computed on it,
/// the ONNX graph is built from it, the model file stores it; residuals, orthogonal parametrizations and gains exist only while training.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class DeployedNetwork
{
    /// <param name="inputShape">The shape of one input.</param>
    /// <param name="layers">The layers in order; the last is a <see cref="DeployedDense"/>.</param>
    /// <param name="views">Which views of an image the layers are run on; the logits are the means.</param>
    /// <exception cref="ArgumentException">Neighboring layers do not fit, the last layer is not dense, or inputs have no such views.</exception>
    public DeployedNetwork(TensorShape inputShape, IReadOnlyList<DeployedLayer> layers, GloroImageViews views = GloroImageViews.One)
    {
        if (inputShape.Channels < 1 || inputShape.Height < 1 || inputShape.Width < 1)
            throw new ArgumentException($"A network cannot take inputs of shape {inputShape}.", nameof(inputShape));
        if (layers.Count == 0 || layers[^1] is not DeployedDense final)
            throw new ArgumentException("The last layer of a network must be dense: its rows are what margins are measured between.", nameof(layers));
        Shapes = Trace(inputShape, layers);
        (InputShape, Layers, Final) = (inputShape, [.. layers], final);
        (Views, ViewCount) = (views, ImageView.Of(views).Count);
        if (ImageView.FaultFor(views, inputShape) is { } fault)
            throw new ArgumentException(fault, nameof(views));
    }

    public TensorShape InputShape { get; }

    public IReadOnlyList<DeployedLayer> Layers { get; }

    /// <summary>The shapes between layers: entry i goes into layer i, the last comes out of the network.</summary>
    public IReadOnlyList<TensorShape> Shapes { get; }

    /// <summary>The final linear layer.</summary>
    public DeployedDense Final { get; }

    public int ClassCount => Final.Outputs;

    /// <summary>The views that logits are the means of.</summary>
    public GloroImageViews Views { get; }

    /// <summary>Their number, a power of two.</summary>
    public int ViewCount { get; }

    /// <summary>The same layers on other views.</summary>
    /// <exception cref="ArgumentException">Inputs have no such views.</exception>
    public DeployedNetwork With(GloroImageViews views) => views == Views ? this : new DeployedNetwork(InputShape, Layers, views);

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
