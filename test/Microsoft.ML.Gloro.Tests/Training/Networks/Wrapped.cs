using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Training;

/// <summary>Single layers made into networks.</summary>
internal static class Wrapped
{
    /// <summary>
    /// The layers, flattening, and a final dense layer of ones, since a network has to end in one: the two layers that are added are the
    /// last two.
    /// </summary>
    public static DeployedNetwork Network(TensorShape input, params DeployedLayer[] layers)
    {
        var shape = layers.Aggregate(input, (current, layer) => layer.GetOutputShape(current));
        float[] weights = new float[2 * shape.Size];
        Array.Fill(weights, 1f);
        return new DeployedNetwork(input, [.. layers, new DeployedFlatten(), new DeployedDense(weights, new float[2], shape.Size, 2)]);
    }
}
