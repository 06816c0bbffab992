using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Makes the trainable network that a list of layers describes. It adds the inputs' center and scale before the list, and the last layer
/// after it.
/// </summary>
internal static class NetworkBuilder
{
    /// <summary>The shapes between the layers: entry i goes into layer i, the last comes out of the list.</summary>
    /// <param name="input">The shape of one input.</param>
    /// <param name="layers">The layers.</param>
    /// <exception cref="ArgumentException">A layer cannot take its input. The message names the layer and the input.</exception>
    public static IReadOnlyList<TensorShape> Trace(TensorShape input, IReadOnlyList<GloroLayer> layers)
    {
        var shapes = new List<TensorShape>(layers.Count + 1) { input };
        bool isImage = !input.IsVector;
        for (int i = 0; i < layers.Count; i++)
        {
            var (layer, shape) = (layers[i], shapes[i]);
            if (layer.NeedsImage && !isImage)
                throw Fault(i, layers, $"a vector of {shape.Size} values", "it takes images only", null);
            string what = isImage ? $"an image of {shape.Channels}×{shape.Height}×{shape.Width}" : $"a vector of {shape.Size} values";
            if (layer.NeedsVector && isImage)
                throw Fault(i, layers, what, "it takes vectors only; put Flatten before it", null);
            try
            {
                var output = layer.GetOutputShape(shape);
                _ = output.Size;
                shapes.Add(output);
            }
            catch (Exception e) when (e is ArgumentException or OverflowException)
            {
                throw Fault(i, layers, what, e is OverflowException ? "its output would be too large" : e.Message, e);
            }

            isImage &= layer is not FlattenDescription;
        }

        return shapes;
    }

    /// <summary>The number of weights of the deployed network, without biases.</summary>
    /// <exception cref="ArgumentException">A layer cannot take its input.</exception>
    public static long CountWeights(TensorShape input, int classes, IReadOnlyList<GloroLayer> layers)
    {
        var shapes = Trace(input, layers);
        return layers.Select((layer, i) => layer.CountWeights(shapes[i])).Sum() + ((long)shapes[^1].Size * classes);
    }

    /// <summary>The network, with first weights.</summary>
    /// <param name="input">The shape of one input.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="layers">The layers between; an empty list gives a linear model.</param>
    /// <param name="means">The mean of each channel, or of each feature.</param>
    /// <param name="scale">
    /// The factor of all inputs. It is one number because with a scale per feature, the smallest spread would determine the bound.
    /// </param>
    /// <param name="factory">The source of weights, which are drawn layer by layer.</param>
    /// <exception cref="ArgumentException">A layer cannot take its input. No tensor has been made then.</exception>
    public static LipschitzNetwork Build(
        TensorShape input, int classes, IReadOnlyList<GloroLayer> layers, float[] means, float scale, LayerFactory factory) =>
        Build(input, classes, layers, means, [.. means.Select(_ => scale)], tolerances: null, factory);

    /// <summary>The network for features with tolerances, with first weights.</summary>
    /// <param name="input">The shape of one input.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="layers">The layers between; an empty list gives a linear model.</param>
    /// <param name="means">The mean of each feature.</param>
    /// <param name="scales">The factor of each feature. It may be any: the bound is that of its product with the first layer.</param>
    /// <param name="tolerances">How far each feature can be off; null for L2 distances.</param>
    /// <param name="factory">The source of weights, which are drawn layer by layer.</param>
    /// <exception cref="ArgumentException">A layer cannot take its input.</exception>
    public static LipschitzNetwork Build(
        TensorShape input, int classes, IReadOnlyList<GloroLayer> layers, float[] means, float[] scales, float[]? tolerances,
        LayerFactory factory)
    {
        var shapes = Trace(input, layers);
        var context = new BuildContext(
            layers.Count(l => l is ResidualConvolutionDescription),
            layers.Count(l => l is ResidualDenseDescription or OrthogonalResidualDenseDescription),
            factory);
        var body = new List<TrainableLayer>
        {
            new InputScalingLayer(input, scales, [.. means.Zip(scales, (mean, scale) => -mean * scale)], factory),
        };
        for (int i = 0; i < layers.Count; i++)
            body.Add(layers[i].Create(shapes[i], context));
        if (!input.IsVector && !layers.Contains(GloroLayer.Flatten()))
            body.Add(new FlattenLayer(shapes[^1]));
        var final = new UnitNormDenseLayer(shapes[^1].Size, classes, factory);
        return new LipschitzNetwork(
            input, body, final, tolerances is null ? null : new TolerantInput(tolerances, [.. body, final], factory));
    }

    private static ArgumentException Fault(int index, IReadOnlyList<GloroLayer> layers, string input, string why, Exception? cause) =>
        new($"Layer {index + 1} of {layers.Count} ({layers[index]}) cannot take {input}: {why}.", cause);
}
