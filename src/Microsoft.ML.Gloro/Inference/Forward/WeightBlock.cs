using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The weights of some neighboring output channels, as doubles in the order in which the kernel reads them: [tap, input channel, channel of
/// the block].
/// </summary>
internal sealed class WeightBlock
{
    private const int Alignment = 64; // bytes: a register of AVX-512, a cache line
    private readonly double[] _weights;
    private readonly int _start;

    private WeightBlock(TileKernel kernel, int first, int count, double[] weights, int start) =>
        (Kernel, First, Count, _weights, _start) = (kernel, first, count, weights, start);

    /// <summary>The kernel that these weights are laid out for.</summary>
    public TileKernel Kernel { get; }

    /// <summary>The first output channel.</summary>
    public int First { get; }

    /// <summary>
    /// The number of output channels: the kernel's width, or one less if an odd channel is left. The gap then contains zeros, whose results
    /// are dropped.
    /// </summary>
    public int Count { get; }

    /// <summary>The weights, starting with the given term of the sums.</summary>
    public ref readonly double Weights(int term) => ref _weights[_start + (term * Kernel.Width)];

    /// <summary>
    /// Divides the output channels into blocks, each for the widest kernel that it fills, and packs their <paramref name="weights"/>,
    /// [output channel, input channel, tap].
    /// </summary>
    public static WeightBlock[] Pack(float[] weights, int outputs, int inputs, int taps, IReadOnlyList<TileKernel> kernels)
    {
        var blocks = new List<WeightBlock>();
        for (int first = 0; first < outputs; first += blocks[^1].Count)
        {
            int left = outputs - first;
            TileKernel kernel = kernels.FirstOrDefault(k => k.Width <= left) ?? kernels[^1];
            blocks.Add(Pack(weights, first, Math.Min(kernel.Width, left), inputs, taps, kernel));
        }

        return [.. blocks];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // runs once, before the first row is scored
    private static WeightBlock Pack(float[] weights, int first, int count, int inputs, int taps, TileKernel kernel)
    {
        // Pinned, so that the collector does not move it from its boundary.
        double[] packed = GC.AllocateArray<double>(checked((inputs * taps * kernel.Width) + (Alignment / sizeof(double))), pinned: true);
        long address = Marshal.UnsafeAddrOfPinnedArrayElement(packed, 0);
        int start = (int)(-address & (Alignment - 1)) / sizeof(double);
        for (int channel = 0; channel < count; channel++)
        {
            ReadOnlySpan<float> source = weights.AsSpan((first + channel) * inputs * taps, inputs * taps);
            for (int input = 0; input < inputs; input++)
            {
                for (int tap = 0; tap < taps; tap++)
                    packed[start + (((tap * inputs) + input) * kernel.Width) + channel] = source[(input * taps) + tap];
            }
        }

        return new WeightBlock(kernel, first, count, packed, start);
    }
}
