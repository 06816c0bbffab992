using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>What the rounding of one linear layer depends on, rounded up.</summary>
/// <param name="Operations">
/// n: at most this many roundings lie between a term of an output's sum, the bias among them, and the output.
/// </param>
/// <param name="AbsoluteNorm">M ≥ ‖|W|‖₂, the norm of the map whose weights are the absolute values.</param>
/// <param name="BiasNorm">‖b‖₂ over all outputs, a convolution's bias counted at every position.</param>
internal readonly record struct LinearLayerNorms(int Operations, double AbsoluteNorm, double BiasNorm)
{
    /// <summary>Those of <paramref name="layer"/>, or null if it computes without rounding (it moves and compares values).</summary>
    /// <exception cref="NotSupportedException">Nothing is known of the layer.</exception>
    public static LinearLayerNorms? Of(DeployedLayer layer, TensorShape output)
    {
        int positions = output.Height * output.Width;
        return layer switch
        {
            // A term w·x goes through at most one rounding of the product and n of sums, whether or not they are fused, in whatever order;
            // the bias adds one more.
            DeployedConvolution c => new(
                checked((c.InChannels * c.KernelHeight * c.KernelWidth) + 2),
                Core.AbsoluteNorm.UpperBound(c.Kernel, c.OutChannels, c.InChannels, c.KernelHeight * c.KernelWidth),
                Norm(c.Bias, positions)),
            DeployedDense d => new(checked(d.Inputs + 2), Core.AbsoluteNorm.UpperBound(d.Weights, d.Outputs, d.Inputs, 1), Norm(d.Bias, 1)),
            DeployedScaling s => new(2, s.Scale.Max(x => Math.Abs((double)x)), Norm(s.Shift, positions)),

            // s² − 1 sums, the product, and the rounding of the factor 1/s². The norm is 1/s: see RigorousBound.
            DeployedAveragePooling p => new((p.Size * p.Size) + 1, Math.BitIncrement(1.0 / p.Size), 0),
            DeployedActivation or DeployedSpaceToDepth or DeployedFlatten => null,
            _ => throw new NotSupportedException(
                $"The rounding of a layer of kind '{layer.Kind}' is not known, so nothing can be certified through it in this arithmetic."),
        };
    }

    /// <summary>
    /// The L2 norm of <paramref name="values"/>, each taken <paramref name="times"/> times, rounded up. Squares of floats neither overflow
    /// nor vanish in double; in whatever order they are summed, n terms err by γ_n at most.
    /// </summary>
    public static double Norm(ReadOnlySpan<float> values, int times = 1)
    {
        Vector<double> sums = default;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (var vector in vectors)
        {
            Vector.Widen(vector, out var low, out var high);
            sums += low * low;
            sums += high * high;
        }

        double sum = Vector.Sum(sums);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
            sum += (double)value * value;
        return Outward.Sqrt(Outward.Multiply(times, Outward.Multiply(sum, Outward.Add(1, Outward.Gamma(values.Length + 2L)))));
    }
}
