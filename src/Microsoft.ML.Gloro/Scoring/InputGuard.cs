using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Gloro.Lipschitz;
using Microsoft.ML.Gloro.Plain;

namespace Microsoft.ML.Gloro.Scoring;

/// <summary>
/// Says which inputs may be certified at all. NaN and ±∞ may not: max(x, 0) and max(a, b) can swallow a NaN, so a row that holds one could come out with finite logits.
/// For the same reason an input so large that a value on the way overflows may not: ∞ − ∞ is the NaN that is swallowed. Real-arithmetic bounds say nothing about either.
/// </summary>
/// <remarks>Immutable and safe for concurrent use.</remarks>
internal sealed class InputGuard
{
    // float32 ends at 3·10³⁸. The gap is for rounding, and for kernels that transform their operands (Winograd) and so pass through larger values than the layer's own.
    private const double LargestValue = 1e30;

    private readonly float _largestInput;

    /// <param name="network">The network.</param>
    /// <param name="bound">Its bound, with a factor for every layer before the final one.</param>
    public InputGuard(PlainNetwork network, LipschitzBound bound)
    {
        // By layer, ‖h_ℓ‖ ≤ L_ℓ·‖h_{ℓ−1}‖ + ‖b_ℓ‖ = gain·‖x‖ + offset, and no partial sum of a layer exceeds that either (Cauchy–Schwarz on its terms).
        double gain = 1, offset = 0, largestNorm = LargestValue;
        for (int i = 0; i < network.Layers.Count; i++)
        {
            double factor = i < network.Layers.Count - 1 ? Factor(bound, i) : FrobeniusNorm(network.Final);
            (gain, offset) = (gain * factor, (offset * factor) + OffsetNorm(network.Layers[i], network.Shapes[i + 1]));
            double room = LargestValue - offset;
            largestNorm = Math.Min(largestNorm, gain > 0 ? room / gain : room);
        }

        double largest = largestNorm / Math.Sqrt(network.InputShape.Size); // ‖x‖₂ ≤ √n · max |x_i|
        _largestInput = largest > 0 ? MathF.BitDecrement((float)largest) : -1; // NaN too: nothing is accepted
    }

    /// <summary>Whether every value is finite and no value on the way to the logits can overflow.</summary>
    public bool Accepts(ReadOnlySpan<float> input)
    {
        var largest = new Vector<float>(_largestInput);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(input);
        foreach (var vector in vectors)
        {
            if (!Vector.LessThanOrEqualAll(Vector.Abs(vector), largest)) // false for NaN
                return false;
        }

        foreach (float value in input[(vectors.Length * Vector<float>.Count)..])
        {
            if (!(Math.Abs(value) <= _largestInput))
                return false;
        }

        return true;
    }

    private static double Factor(LipschitzBound bound, int layer) => bound.Layers.FirstOrDefault(b => b.Index == layer)?.Bound
        ?? throw new ArgumentException($"The Lipschitz bound has no factor for layer {layer}.", nameof(bound));

    private static double FrobeniusNorm(PlainDense dense) => Math.Sqrt(dense.Weights.Sum(w => (double)w * w));

    private static double OffsetNorm(PlainLayer layer, PlainShape output)
    {
        float[] offsets = layer switch
        {
            PlainDense dense => dense.Bias,
            PlainConvolution convolution => convolution.Bias,
            PlainScaling scaling => scaling.Shift,
            _ => [],
        };
        return Math.Sqrt(offsets.Sum(b => (double)b * b) * output.Height * output.Width);
    }
}
