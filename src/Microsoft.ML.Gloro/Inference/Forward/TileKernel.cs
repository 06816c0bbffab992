namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The inner loop, which takes most of the time: for a tile of pixels and a block of <see cref="Width"/> output channels,
/// sum ← fma(weight, value, sum) over taps and input channels. The lanes of a register are neighboring output channels, so the terms of one
/// sum are added in the same order for every register width.
/// </summary>
internal abstract class TileKernel
{
    /// <summary>
    /// The pixels of a tile. 6 × 2 sums, two registers of weights and one value fit into the 16 registers of AVX2, and 12 sums hide the
    /// latency on all these processors.
    /// </summary>
    public const int TilePixels = 6;

    /// <summary>The width of the widest block of any kernel.</summary>
    public const int MaxWidth = 16;

    /// <summary>The kernels that this processor supports, the widest first. The last takes any number of channels.</summary>
    public static IReadOnlyList<TileKernel> Supported { get; } = [.. All().Where(kernel => kernel.IsSupported)];

    /// <summary>Whether this processor supports the kernel.</summary>
    public abstract bool IsSupported { get; }

    /// <summary>Output channels of a block: two registers.</summary>
    public abstract int Width { get; }

    /// <summary>Adds the terms of some taps to the sums of a whole tile.</summary>
    /// <param name="sums">[pixel, channel of the block]; read and written.</param>
    /// <param name="weights">[tap, input channel, channel of the block].</param>
    /// <param name="input">The value at offset 0.</param>
    /// <param name="offsets">[tap, pixel]: where the input channels under that tap begin.</param>
    /// <param name="channels">Input channels.</param>
    public abstract void AddTile(
        ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels);

    /// <summary>The same for one pixel.</summary>
    public abstract void AddPixel(
        ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels);

    private static TileKernel[] All() =>
    [
        new LaneKernel<Lanes512, System.Runtime.Intrinsics.Vector512<double>>(),
        new LaneKernel<Lanes256, System.Runtime.Intrinsics.Vector256<double>>(),
        new LaneKernel<Lanes128, System.Runtime.Intrinsics.Vector128<double>>(),
        new LaneKernel<ScalarLanes, double>(),
    ];
}
