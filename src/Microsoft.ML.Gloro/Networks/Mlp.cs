using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>A network for feature vectors: one common scale, a dense layer, <c>depth</c> residual dense layers, each with centering and MinMax, and unit-norm rows.</summary>
internal static class Mlp
{
    /// <param name="features">The length of the input.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="depth">Residual layers.</param>
    /// <param name="width">Their width, even.</param>
    /// <param name="means">The mean of each feature.</param>
    /// <param name="scale">What all features are multiplied by. One number for all: a scale per feature would let the smallest spread dictate the bound.</param>
    /// <param name="factory">The source of weights.</param>
    public static LipschitzNetwork Create(int features, int classes, int depth, int width, float[] means, float scale, LayerFactory factory)
    {
        LayerFactory.RequireEvenWidth(width, nameof(width));
        var input = PlainShape.Vector(features);
        var body = new List<TrainableLayer>
        {
            new InputScalingLayer(input, [.. means.Select(_ => scale)], [.. means.Select(m => -m * scale)], factory),
            new DenseLayer(features, width, factory),
        };
        var hidden = PlainShape.Vector(width);
        void CentreAndActivate()
        {
            body.Add(new CenteringLayer(hidden, factory));
            body.Add(new ActivationLayer(hidden, PlainActivationKind.MinMax));
        }

        CentreAndActivate();
        for (int i = 0; i < depth; i++)
        {
            body.Add(new ResidualDenseLayer(width, depth, factory));
            CentreAndActivate();
        }

        return new LipschitzNetwork(input, body, new UnitNormDenseLayer(width, classes, factory));
    }
}
