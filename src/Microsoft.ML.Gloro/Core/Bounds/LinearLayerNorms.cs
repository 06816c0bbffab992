using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>What the rounding of one linear layer depends on, rounded up.</summary>
/// <param name="Terms">The terms of an output's sum, and two more: at most twice as many operations compute it.</param>
/// <param name="Roundings">
/// n: at most this many roundings lie between a term of an output's sum, the bias among them, and the output.
/// </param>
/// <param name="AbsoluteNorm">M ≥ ‖|W|‖₂, the norm of the map whose weights are the absolute values.</param>
/// <param name="BiasNorm">‖b‖₂ over all outputs, a convolution's bias counted at every position.</param>
internal readonly record struct LinearLayerNorms(int Terms, int Roundings, double AbsoluteNorm, double BiasNorm)
{
    // In single precision |W| matters: this many steps bring its norm near the true one. In double its roundings are negligible.
    private const int Steps = 12;

    /// <summary>Those of <paramref name="layer"/>, or null if it computes without rounding (it moves and compares values).</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="output">The shape of its output.</param>
    /// <param name="format">What computes it: in single precision, sums are cut by <see cref="SumBlocks"/>.</param>
    /// <exception cref="NotSupportedException">Nothing is known of the layer.</exception>
    public static LinearLayerNorms? Of(DeployedLayer layer, TensorShape output, FloatFormat format)
    {
        int positions = output.Height * output.Width;
        int blocks = format == FloatFormat.Single ? SumBlocks.Of(layer) : 1, steps = format == FloatFormat.Single ? Steps : 0;
        return layer switch
        {
            // A term w·x goes through at most one rounding of the product and n of sums, whether or not they are fused, in whatever order;
            // the bias adds one more.
            DeployedConvolution c => Sums(
                checked(c.InChannels * c.KernelHeight * c.KernelWidth),
                blocks,
                Core.AbsoluteNorm.UpperBound(c.Kernel, c.OutChannels, c.InChannels, c.KernelHeight * c.KernelWidth, steps),
                Norm(c.Bias, positions)),
            DeployedDense d => Sums(
                d.Inputs, blocks, Core.AbsoluteNorm.UpperBound(d.Weights, d.Outputs, d.Inputs, taps: 1, steps), Norm(d.Bias, 1)),
            DeployedScaling s => new(2, 2, s.Scale.Max(x => Math.Abs((double)x)), Norm(s.Shift, positions)),

            // s² − 1 sums, the product, and the rounding of the factor 1/s². The norm is 1/s: see RigorousBound.
            DeployedAveragePooling p => new((p.Size * p.Size) + 1, (p.Size * p.Size) + 1, Math.BitIncrement(1.0 / p.Size), 0),
            DeployedActivation or DeployedSpaceToDepth or DeployedChannelShift or DeployedFlatten => null,
            _ => throw new NotSupportedException(
                $"The rounding of a layer of kind '{layer.Kind}' is not known, so nothing can be certified through it in this arithmetic."),
        };
    }

    /// <summary>The roundings of a sum of <paramref name="terms"/> products and a bias.</summary>
    public static int RoundingsOf(int terms, int blocks) => checked(blocks == 1 ? terms + 2 : (terms / blocks) + 2 + blocks);

    private static LinearLayerNorms Sums(int terms, int blocks, double absoluteNorm, double biasNorm) =>
        new(checked(terms + 2 + (blocks == 1 ? 0 : blocks)), RoundingsOf(terms, blocks), absoluteNorm, biasNorm);

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
