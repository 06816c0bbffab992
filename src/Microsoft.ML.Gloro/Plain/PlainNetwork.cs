namespace Microsoft.ML.Gloro.Plain;

/// <summary>
/// The deployed network: a sequence of plain layers that ends in a dense layer, whose outputs are the logits. The rigorous bound is computed on it,
/// the ONNX graph is built from it, the model file stores it; residuals, orthogonal parametrisations and gains exist only while training.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class PlainNetwork
{
    /// <param name="inputShape">The shape of one input.</param>
    /// <param name="layers">The layers in order; the last is a <see cref="PlainDense"/>.</param>
    /// <param name="views">Which views of an image the layers are run on; the logits are the means.</param>
    /// <exception cref="ArgumentException">Neighbouring layers do not fit, the last layer is not dense, or inputs have no such views.</exception>
    public PlainNetwork(PlainShape inputShape, IReadOnlyList<PlainLayer> layers, GloroImageViews views = GloroImageViews.One)
    {
        if (inputShape.Channels < 1 || inputShape.Height < 1 || inputShape.Width < 1)
            throw new ArgumentException($"A network cannot take inputs of shape {inputShape}.", nameof(inputShape));
        if (layers.Count == 0 || layers[^1] is not PlainDense final)
            throw new ArgumentException("The last layer of a network must be dense: its rows are what margins are measured between.", nameof(layers));
        Shapes = Trace(inputShape, layers);
        (InputShape, Layers, Final) = (inputShape, [.. layers], final);
        (Views, ViewCount) = (views, ImageView.Of(views).Count);
        if (ImageView.FaultFor(views, inputShape) is { } fault)
            throw new ArgumentException(fault, nameof(views));
    }

    public PlainShape InputShape { get; }

    public IReadOnlyList<PlainLayer> Layers { get; }

    /// <summary>The shapes between layers: entry i goes into layer i, the last comes out of the network.</summary>
    public IReadOnlyList<PlainShape> Shapes { get; }

    /// <summary>The final linear layer.</summary>
    public PlainDense Final { get; }

    public int ClassCount => Final.Outputs;

    /// <summary>The views that logits are the means of.</summary>
    public GloroImageViews Views { get; }

    /// <summary>Their number, a power of two.</summary>
    public int ViewCount { get; }

    /// <summary>The same layers on other views.</summary>
    /// <exception cref="ArgumentException">Inputs have no such views.</exception>
    public PlainNetwork With(GloroImageViews views) => views == Views ? this : new PlainNetwork(InputShape, Layers, views);

    private static PlainShape[] Trace(PlainShape inputShape, IReadOnlyList<PlainLayer> layers)
    {
        var shapes = new PlainShape[layers.Count + 1];
        shapes[0] = inputShape;
        for (int i = 0; i < layers.Count; i++)
        {
            try
            {
                shapes[i + 1] = layers[i].GetOutputShape(shapes[i]);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"Layer {i} ({layers[i].Kind}): {e.Message}", nameof(layers), e);
            }
        }

        return shapes;
    }
}
