using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>The weights of a layer as a list, in the order in which a model file holds them.</summary>
internal static class LayerTensors
{
    /// <summary>Weights and bias, scale and shift, or nothing.</summary>
    public static float[][] Of(DeployedLayer layer) => layer switch
    {
        DeployedConvolution convolution => [convolution.Kernel, convolution.Bias],
        DeployedDense dense => [dense.Weights, dense.Bias],
        DeployedScaling scaling => [scaling.Scale, scaling.Shift],
        DeployedActivation or DeployedSpaceToDepth or DeployedAveragePooling or DeployedFlatten => [],
        _ => throw new NotSupportedException($"Layers of kind '{layer.Kind}' cannot be stored."),
    };
}
