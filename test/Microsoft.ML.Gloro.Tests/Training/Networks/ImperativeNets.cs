using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>
/// The default networks layer by layer, as they were written before there were lists: the same weights must come in the same order from the
/// same seed.
/// </summary>
internal static class ImperativeNets
{
    public static LipschitzNetwork LiResNet(
        TensorShape input, int classes, int depth, int width, int tailWidth, float[] means, LayerFactory factory)
    {
        var body = new List<TrainableLayer>();
        TensorShape Shape() => body.Count == 0 ? input : body[^1].OutputShape;
        void CenterAndActivate()
        {
            body.Add(new CenteringLayer(Shape(), factory));
            body.Add(new ActivationLayer(Shape(), ActivationFunction.MinMax));
        }

        body.Add(new InputScalingLayer(input, [.. Enumerable.Repeat(1f, input.Channels)], [.. means.Select(m => -m)], factory));
        body.Add(new SpaceToDepthLayer(Shape(), Math.Max(1, Math.Min(input.Height, input.Width) / 16)));
        body.Add(new ConvolutionLayer(Shape(), width, 3, factory));
        CenterAndActivate();
        for (int i = 0; i < depth; i++)
        {
            body.Add(new ResidualConvolutionLayer(Shape(), 3, depth, factory));
            CenterAndActivate();
        }

        body.Add(new SpaceToDepthLayer(Shape(), 4));
        body.Add(new ConvolutionLayer(Shape(), 2 * width, 1, factory));
        CenterAndActivate();
        body.Add(new FlattenLayer(Shape()));
        body.Add(new OrthogonalDenseLayer(Shape().Channels, tailWidth, factory));
        CenterAndActivate();
        return new LipschitzNetwork(input, body, new UnitNormDenseLayer(tailWidth, classes, factory));
    }

    public static LipschitzNetwork Mlp(int features, int classes, int depth, int width, float[] means, float scale, LayerFactory factory)
    {
        var input = TensorShape.Vector(features);
        var body = new List<TrainableLayer>
        {
            new InputScalingLayer(input, [.. means.Select(_ => scale)], [.. means.Select(m => -m * scale)], factory),
            new DenseLayer(features, width, factory),
        };
        var hidden = TensorShape.Vector(width);
        void CenterAndActivate()
        {
            body.Add(new CenteringLayer(hidden, factory));
            body.Add(new ActivationLayer(hidden, ActivationFunction.MinMax));
        }

        CenterAndActivate();
        for (int i = 0; i < depth; i++)
        {
            body.Add(new ResidualDenseLayer(width, depth, factory));
            CenterAndActivate();
        }

        return new LipschitzNetwork(input, body, new UnitNormDenseLayer(width, classes, factory));
    }
}
