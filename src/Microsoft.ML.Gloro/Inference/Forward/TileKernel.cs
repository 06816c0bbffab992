namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The one loop that takes the time: for a tile of pixels and a block of <see cref="Width"/> output channels, sum ← fma(weight, value, sum) over taps and input channels.
/// The lanes of a register are neighboring output channels, so that the terms of one sum are added one after the other whatever the width of a register.
/// </summary>
internal abstract class TileKernel
{
    /// <summary>Pixels of a tile. 6 × 2 sums, two registers of weights and one value fill the 16 registers of AVX2, and 12 sums are enough to hide the latency of any of these processors.</summary>
    public const int TilePixels = 6;

    /// <summary>The widest block of any kernel.</summary>
    public const int MaxWidth = 16;

    /// <summary>The kernels of this processor, the widest first; the last takes any number of channels.</summary>
    public static IReadOnlyList<TileKernel> Supported { get; } = [.. All().Where(kernel => kernel.IsSupported)];

    /// <summary>Whether this processor can run it.</summary>
    public abstract bool IsSupported { get; }

    /// <summary>Output channels of a block: two registers.</summary>
    public abstract int Width { get; }

    /// <summary>Adds the terms of some taps to the sums of a whole tile.</summary>
    /// <param name="sums">[pixel, channel of the block]; read and written.</param>
    /// <param name="weights">[tap, input channel, channel of the block].</param>
    /// <param name="input">What the offsets count from.</param>
    /// <param name="offsets">[tap, pixel]: where the input channels under that tap begin.</param>
    /// <param name="channels">Input channels.</param>
    public abstract void AddTile(ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels);

    /// <summary>The same for one pixel.</summary>
    public abstract void AddPixel(ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels);

    private static TileKernel[] All() =>
    [
        new LaneKernel<Lanes512, System.Runtime.Intrinsics.Vector512<double>>(),
        new LaneKernel<Lanes256, System.Runtime.Intrinsics.Vector256<double>>(),
        new LaneKernel<Lanes128, System.Runtime.Intrinsics.Vector128<double>>(),
        new LaneKernel<ScalarLanes, double>(),
    ];
}
