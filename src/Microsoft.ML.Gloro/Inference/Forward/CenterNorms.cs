using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The norms of the values inside a network at one point, in double precision. Rounding errors in single precision grow with the values
/// that are rounded, and those of a row differ from those at this point by no more than its distance allows.
/// </summary>
internal static class CenterNorms
{
    /// <summary>The norms of what enters layers first, first + 1, …, the last; each rounded up.</summary>
    /// <param name="network">The network.</param>
    /// <param name="first">The first layer to run.</param>
    /// <param name="value">All values that enter it.</param>
    public static double[] Compute(DeployedNetwork network, int first, float value)
    {
        int last = network.Layers.Count - 1;
        ForwardStep[] steps = [.. Enumerable.Range(first, last - first).Select(i =>
            ForwardPass.Compile(network.Layers[i], network.Shapes[i], TileKernel.Supported))];
        int zeros = steps.Length == 0 ? 0 : steps.Max(step => step.Zeros);
        int size = network.Shapes.Skip(first).Take(steps.Length + 1).Max(shape => shape.Size);
        var buffers = new ForwardScratch.Pair(zeros, size);
        buffers.Current.Data[..network.Shapes[first].Size].Fill(value);
        var norms = new double[steps.Length + 1];
        for (int i = 0; i <= steps.Length; i++)
        {
            norms[i] = Norm(buffers.Current.Data[..network.Shapes[first + i].Size]);
            if (i < steps.Length)
                ForwardPass.RunSteps([steps[i]], buffers, rows: 1, Environment.ProcessorCount);
        }

        return norms;
    }

    // n squares and their sum err by γ_n at most, besides what vanishes below the normal numbers.
    private static double Norm(ReadOnlySpan<double> values)
    {
        double sum = values.Length * double.Epsilon;
        foreach (double value in values)
            sum += value * value;
        return Outward.Sqrt(Outward.Multiply(sum, Outward.Add(1, Outward.Gamma(values.Length + 2L))));
    }
}
