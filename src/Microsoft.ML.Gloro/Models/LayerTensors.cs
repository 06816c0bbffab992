using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Models;

/// <summary>The weights of a layer as a list, in the order in which a model file holds them.</summary>
internal static class LayerTensors
{
    /// <summary>Weights and bias, scale and shift, or nothing.</summary>
    public static float[][] Of(PlainLayer layer) => layer switch
    {
        PlainConvolution convolution => [convolution.Kernel, convolution.Bias],
        PlainDense dense => [dense.Weights, dense.Bias],
        PlainScaling scaling => [scaling.Scale, scaling.Shift],
        PlainActivation or PlainSpaceToDepth or PlainAveragePooling or PlainFlatten => [],
        _ => throw new NotSupportedException($"Layers of kind '{layer.Kind}' cannot be stored."),
    };
}
