using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Training;

/// <summary>Folds constant shifts into the biases before them, so that centering costs nothing in the deployed network.</summary>
internal static class ShiftFolding
{
    /// <summary>The same function in fewer layers.</summary>
    public static IReadOnlyList<DeployedLayer> Fold(IEnumerable<DeployedLayer> layers)
    {
        var folded = new List<DeployedLayer>();
        foreach (var layer in layers)
        {
            float[]? shift = layer is DeployedScaling scaling && scaling.Scale.All(s => s == 1f) ? scaling.Shift : null;
            if (shift is not null && folded.Count > 0 && AddToBias(folded[^1], shift) is { } merged)
                folded[^1] = merged;
            else
                folded.Add(layer);
        }

        return folded;
    }

    private static DeployedLayer? AddToBias(DeployedLayer layer, float[] shift) => layer switch
    {
        DeployedConvolution c => new DeployedConvolution(
            c.Kernel, Sum(c.Bias, shift), c.InChannels, c.OutChannels, c.KernelHeight, c.KernelWidth, c.Stride, c.Padding),
        DeployedDense d => new DeployedDense(d.Weights, Sum(d.Bias, shift), d.Inputs, d.Outputs),
        _ => null,
    };

    private static float[] Sum(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
