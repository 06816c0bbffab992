using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Networks;

/// <summary>Folds constant shifts into the biases before them, so that centering costs nothing once deployed.</summary>
internal static class Condenser
{
    /// <summary>The same function in fewer layers.</summary>
    public static IReadOnlyList<PlainLayer> Fold(IEnumerable<PlainLayer> layers)
    {
        var folded = new List<PlainLayer>();
        foreach (var layer in layers)
        {
            if (layer is PlainScaling scaling && scaling.Scale.All(s => s == 1f) && folded.Count > 0 && AddToBias(folded[^1], scaling.Shift) is { } merged)
                folded[^1] = merged;
            else
                folded.Add(layer);
        }

        return folded;
    }

    private static PlainLayer? AddToBias(PlainLayer layer, float[] shift) => layer switch
    {
        PlainConvolution c => new PlainConvolution(c.Kernel, Sum(c.Bias, shift), c.InChannels, c.OutChannels, c.KernelHeight, c.KernelWidth, c.Stride, c.Padding),
        PlainDense d => new PlainDense(d.Weights, Sum(d.Bias, shift), d.Inputs, d.Outputs),
        _ => null,
    };

    private static float[] Sum(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
