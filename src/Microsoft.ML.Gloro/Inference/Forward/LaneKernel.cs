using System.Runtime.CompilerServices;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>The loop of <see cref="TileKernel"/>, written once; the runtime compiles it for each width of registers.</summary>
/// <remarks>The sums are twelve variables instead of an array, because only variables stay in registers.</remarks>
internal sealed class LaneKernel<TLanes, TVector> : TileKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public override bool IsSupported => TLanes.IsSupported;

    public override int Width => 2 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddTile(
        ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels)
    {
        nint lanes = TLanes.Count;
        ref double weight = ref Unsafe.AsRef(in weights);
        ref double origin = ref Unsafe.AsRef(in input);
        TVector a0 = Load(ref sums, 0), b0 = Load(ref sums, 1);
        TVector a1 = Load(ref sums, 2), b1 = Load(ref sums, 3);
        TVector a2 = Load(ref sums, 4), b2 = Load(ref sums, 5);
        TVector a3 = Load(ref sums, 6), b3 = Load(ref sums, 7);
        TVector a4 = Load(ref sums, 8), b4 = Load(ref sums, 9);
        TVector a5 = Load(ref sums, 10), b5 = Load(ref sums, 11);
        for (int tap = 0; tap + TilePixels <= offsets.Length; tap += TilePixels)
        {
            ref double x0 = ref Unsafe.Add(ref origin, offsets[tap]);
            ref double x1 = ref Unsafe.Add(ref origin, offsets[tap + 1]);
            ref double x2 = ref Unsafe.Add(ref origin, offsets[tap + 2]);
            ref double x3 = ref Unsafe.Add(ref origin, offsets[tap + 3]);
            ref double x4 = ref Unsafe.Add(ref origin, offsets[tap + 4]);
            ref double x5 = ref Unsafe.Add(ref origin, offsets[tap + 5]);
            for (nint channel = 0; channel < channels; channel++)
            {
                TVector a = TLanes.Load(ref weight);
                TVector b = TLanes.Load(ref Unsafe.Add(ref weight, lanes));
                weight = ref Unsafe.Add(ref weight, 2 * lanes);
                TVector x = TLanes.Broadcast(Unsafe.Add(ref x0, channel));
                a0 = TLanes.MultiplyAdd(a, x, a0);
                b0 = TLanes.MultiplyAdd(b, x, b0);
                x = TLanes.Broadcast(Unsafe.Add(ref x1, channel));
                a1 = TLanes.MultiplyAdd(a, x, a1);
                b1 = TLanes.MultiplyAdd(b, x, b1);
                x = TLanes.Broadcast(Unsafe.Add(ref x2, channel));
                a2 = TLanes.MultiplyAdd(a, x, a2);
                b2 = TLanes.MultiplyAdd(b, x, b2);
                x = TLanes.Broadcast(Unsafe.Add(ref x3, channel));
                a3 = TLanes.MultiplyAdd(a, x, a3);
                b3 = TLanes.MultiplyAdd(b, x, b3);
                x = TLanes.Broadcast(Unsafe.Add(ref x4, channel));
                a4 = TLanes.MultiplyAdd(a, x, a4);
                b4 = TLanes.MultiplyAdd(b, x, b4);
                x = TLanes.Broadcast(Unsafe.Add(ref x5, channel));
                a5 = TLanes.MultiplyAdd(a, x, a5);
                b5 = TLanes.MultiplyAdd(b, x, b5);
            }
        }

        Store(ref sums, 0, a0, b0);
        Store(ref sums, 2, a1, b1);
        Store(ref sums, 4, a2, b2);
        Store(ref sums, 6, a3, b3);
        Store(ref sums, 8, a4, b4);
        Store(ref sums, 10, a5, b5);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddPixel(
        ref double sums, ref readonly double weights, ref readonly double input, ReadOnlySpan<int> offsets, int channels)
    {
        nint lanes = TLanes.Count;
        ref double weight = ref Unsafe.AsRef(in weights);
        TVector a0 = Load(ref sums, 0), b0 = Load(ref sums, 1);
        foreach (int offset in offsets)
        {
            ref double x0 = ref Unsafe.Add(ref Unsafe.AsRef(in input), offset);
            for (nint channel = 0; channel < channels; channel++)
            {
                TVector x = TLanes.Broadcast(Unsafe.Add(ref x0, channel));
                a0 = TLanes.MultiplyAdd(TLanes.Load(ref weight), x, a0);
                b0 = TLanes.MultiplyAdd(TLanes.Load(ref Unsafe.Add(ref weight, lanes)), x, b0);
                weight = ref Unsafe.Add(ref weight, 2 * lanes);
            }
        }

        Store(ref sums, 0, a0, b0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load(ref double sums, nint register) => TLanes.Load(ref Unsafe.Add(ref sums, register * TLanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref double sums, nint register, TVector first, TVector second)
    {
        TLanes.Store(first, ref Unsafe.Add(ref sums, register * TLanes.Count));
        TLanes.Store(second, ref Unsafe.Add(ref sums, (register + 1) * TLanes.Count));
    }
}
