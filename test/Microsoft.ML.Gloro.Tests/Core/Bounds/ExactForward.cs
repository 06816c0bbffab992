using System.Numerics;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>A network evaluated without rounding, in rational numbers with one denominator for each layer.</summary>
internal static class ExactForward
{
    /// <summary>The values behind every layer, entry 0 being the input.</summary>
    public static (Exact[] Values, BigInteger Divisor)[] Run(DeployedNetwork network, float[] input)
    {
        var values = new (Exact[] Values, BigInteger Divisor)[network.Layers.Count + 1];
        values[0] = (Array.ConvertAll(input, x => Exact.Of(x)), BigInteger.One);
        for (int i = 0; i < network.Layers.Count; i++)
            values[i + 1] = Apply(network.Layers[i], network.Shapes[i], values[i].Values, values[i].Divisor);
        return values;
    }

    private static (Exact[] Values, BigInteger Divisor) Apply(DeployedLayer layer, TensorShape shape, Exact[] x, BigInteger divisor)
    {
        if (LinearTerms.Of(layer, shape) is not { } terms)
            return (Move(layer, shape, x), divisor);
        var scale = new Exact(divisor, 0);
        var y = new Exact[terms.Rows.Length];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = Exact.Of(terms.Bias[o]) * scale;
            foreach ((int at, double weight) in terms.Rows[o])
                y[o] += Exact.Of(weight) * x[at];
        }

        return (y, divisor * terms.Divisor);
    }

    private static Exact[] Move(DeployedLayer layer, TensorShape shape, Exact[] x)
    {
        var zero = Exact.Of(0);
        int half = x.Length / 2;
        return layer switch
        {
            DeployedFlatten => x,
            DeployedActivation { Function: ActivationFunction.ReLU } => Array.ConvertAll(x, value => value >= zero ? value : zero),
            DeployedActivation { Function: ActivationFunction.Absolute } =>
                Array.ConvertAll(x, value => value >= zero ? value : zero - value),
            DeployedActivation { Function: ActivationFunction.HalfAbsolute } =>
                [.. x.Select((value, i) => i < half || value >= zero ? value : zero - value)],
            DeployedActivation => [.. x.Select((value, i) => i < half
                ? (value >= x[i + half] ? value : x[i + half])
                : (value <= x[i - half] ? value : x[i - half]))],

            // Moves the places of the values as it would move values; a place filled with zeros reads 0.
            DeployedSpaceToDepth or DeployedChannelShift =>
                [
                    .. ReferenceForward.Apply(layer, shape, [.. Enumerable.Range(1, x.Length).Select(i => (double)i)])
                        .Select(place => place == 0 ? zero : x[(int)place - 1]),
                ],
            _ => throw new NotSupportedException(layer.Kind),
        };
    }
}
