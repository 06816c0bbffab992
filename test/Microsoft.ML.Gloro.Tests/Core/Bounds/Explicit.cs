using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>Layers written out as explicit matrices, and small networks to put them into.</summary>
internal static class Explicit
{
    /// <summary>The exact largest singular value of the linear part of <paramref name="layer"/>.</summary>
    public static double Norm(DeployedLayer layer, TensorShape shape)
    {
        var columns = new double[shape.Size][];
        for (int i = 0; i < columns.Length; i++)
        {
            var unit = new double[shape.Size];
            unit[i] = 1;
            columns[i] = ReferenceForward.Apply(layer, shape, unit, linearOnly: true);
        }

        return JacobiSvd.Largest(columns);
    }

    /// <summary>
    /// The exact norm of the layer's kernel with its stride on a torus of so many outputs. What crosses a seam is multiplied by its sign.
    /// </summary>
    public static double CircularNorm(DeployedConvolution c, int high, int wide, int signHigh = 1, int signWide = 1)
    {
        int height = high * c.Stride, width = wide * c.Stride;
        var columns = new double[c.InChannels * height * width][];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = new double[c.OutChannels * high * wide];
        for (int o = 0; o < c.OutChannels; o++)
        {
            for (int at = 0; at < high * wide; at++)
            {
                for (int tap = 0; tap < c.InChannels * c.KernelHeight * c.KernelWidth; tap++)
                {
                    int channel = tap / (c.KernelHeight * c.KernelWidth);
                    (int turnsHigh, int row) = Math.DivRem((at / wide * c.Stride) + (tap / c.KernelWidth % c.KernelHeight), height);
                    (int turnsWide, int column) = Math.DivRem((at % wide * c.Stride) + (tap % c.KernelWidth), width);
                    columns[(((channel * height) + row) * width) + column][(o * high * wide) + at] +=
                        Math.Pow(signHigh, turnsHigh) * Math.Pow(signWide, turnsWide)
                        * c.Kernel[(o * c.InChannels * c.KernelHeight * c.KernelWidth) + tap];
                }
            }
        }

        return JacobiSvd.Largest(columns);
    }

    /// <summary>A network of the layers, then flattening and a final dense layer of ones.</summary>
    public static DeployedNetwork Network(TensorShape input, params DeployedLayer[] layers)
    {
        TensorShape shape = layers.Aggregate(input, (current, layer) => layer.GetOutputShape(current));
        return new DeployedNetwork(input, [.. layers, new DeployedFlatten(), Dense(2, shape.Size, _ => 1)]);
    }

    public static DeployedDense Dense(int outputs, int inputs, Func<int, double> weight) =>
        new(Fill(outputs * inputs, weight), new float[outputs], inputs, outputs);

    public static DeployedConvolution Convolution(
        int inputs, int outputs, int high, int wide, int stride, ZeroPadding padding, Func<int, double> weight) =>
        new(Fill(outputs * inputs * high * wide, weight), new float[outputs], inputs, outputs, high, wide, stride, padding);

    /// <summary>Standard normal values from a fixed seed.</summary>
    public static Func<int, double> Normal(int seed, double scale = 1)
    {
        var random = new Random(seed);
        return _ => scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    private static float[] Fill(int count, Func<int, double> weight)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)weight(i);
        return values;
    }
}
