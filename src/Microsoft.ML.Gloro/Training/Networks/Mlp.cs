using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>A network for feature vectors: a dense layer and <c>depth</c> residual dense layers, each with centering and MinMax.</summary>
internal static class Mlp
{
    /// <param name="depth">Residual layers.</param>
    /// <param name="width">Their width, even.</param>
    public static IReadOnlyList<GloroLayer> Layers(int depth, int width) =>
    [
        GloroLayer.Dense(width), GloroLayer.Centering(), GloroLayer.MinMax(),
        .. GloroLayer.Repeat(depth, GloroLayer.ResidualDense(), GloroLayer.Centering(), GloroLayer.MinMax()),
    ];

    /// <summary>A network of this architecture, with first weights.</summary>
    public static LipschitzNetwork Create(int features, int classes, int depth, int width, float[] means, float scale, LayerFactory factory) =>
        NetworkBuilder.Build(TensorShape.Vector(features), classes, Layers(depth, width), means, scale, factory);
}
