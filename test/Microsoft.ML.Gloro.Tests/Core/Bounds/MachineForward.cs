using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>The orders in which a machine might sum. The error bound claims to hold for all of them.</summary>
internal enum SumOrder
{
    Fused,
    Unfused,
    Backward,
    Pairwise,
}

/// <summary>A network evaluated in double, with sums in a chosen order.</summary>
internal static class MachineForward
{
    /// <summary>The values behind every layer, entry 0 being the input. Logits are not rounded to float here.</summary>
    public static double[][] Run(DeployedNetwork network, float[] input, SumOrder order)
    {
        var values = new double[network.Layers.Count + 1][];
        values[0] = Array.ConvertAll(input, x => (double)x);
        for (int i = 0; i < network.Layers.Count; i++)
        {
            values[i + 1] = LinearTerms.Of(network.Layers[i], network.Shapes[i]) is { } terms
                ? [.. Enumerable.Range(0, terms.Rows.Length).Select(o => Sum(terms, o, values[i], order))]
                : ReferenceForward.Apply(network.Layers[i], network.Shapes[i], values[i]);
        }

        return values;
    }

    private static double Sum(LinearTerms terms, int output, double[] x, SumOrder order)
    {
        (int Input, double Weight)[] row = terms.Rows[output];
        double sum = 0;
        switch (order)
        {
            case SumOrder.Fused:
                foreach ((int at, double weight) in row)
                    sum = Math.FusedMultiplyAdd(weight, x[at], sum);
                break;
            case SumOrder.Unfused:
                foreach ((int at, double weight) in row)
                    sum += weight * x[at];
                break;
            case SumOrder.Backward:
                foreach ((int at, double weight) in Enumerable.Reverse(row))
                    sum += weight * x[at];
                break;
            default:
                sum = Pairwise(row, x);
                break;
        }

        // A product by the nearest double of 1/s², as the forward pass has it; and the bias of a layer that has none is 0.
        return (sum * (1.0 / terms.Divisor)) + terms.Bias[output];
    }

    private static double Pairwise(ReadOnlySpan<(int Input, double Weight)> row, double[] x) => row.Length switch
    {
        0 => 0,
        1 => row[0].Weight * x[row[0].Input],
        _ => Pairwise(row[..(row.Length / 2)], x) + Pairwise(row[(row.Length / 2)..], x),
    };
}
