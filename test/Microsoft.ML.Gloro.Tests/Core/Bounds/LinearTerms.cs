using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// A linear layer as what it sums: output o is (Σ weight·input + bias) / divisor. The divisor is not 1 for average pooling only, whose
/// factors need not be binary fractions.
/// </summary>
internal sealed record LinearTerms((int Input, double Weight)[][] Rows, double[] Bias, int Divisor)
{
    /// <summary>The terms of <paramref name="layer"/>, or null if it does not sum.</summary>
    public static LinearTerms? Of(DeployedLayer layer, TensorShape shape)
    {
        if (layer is DeployedActivation or DeployedFlatten or DeployedSpaceToDepth or DeployedChannelShift)
            return null;

        // What each unit vector is mapped to; one product and zeros, so nothing is rounded.
        int divisor = layer is DeployedAveragePooling pooling ? pooling.Size * pooling.Size : 1;
        int outputs = layer.GetOutputShape(shape).Size;
        var rows = Enumerable.Range(0, outputs).Select(_ => new List<(int, double)>()).ToArray();
        var unit = new double[shape.Size];
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = 1;
            double[] column = ReferenceForward.Apply(layer, shape, unit, linearOnly: true);
            for (int o = 0; o < outputs; o++)
            {
                if (column[o] != 0)
                    rows[o].Add((i, divisor == 1 ? column[o] : 1));
            }

            unit[i] = 0;
        }

        return new LinearTerms([.. rows.Select(row => row.ToArray())], ReferenceForward.Apply(layer, shape, unit), divisor);
    }
}
