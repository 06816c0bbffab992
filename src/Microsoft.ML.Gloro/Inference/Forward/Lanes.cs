using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The operations that <see cref="LaneKernel{TLanes,TVector}"/> is written in, for one width of registers. Lanes are independent: each one
/// does what <see cref="Math.FusedMultiplyAdd"/> does. So the width affects the speed, but not a single bit of the result.
/// </summary>
/// <typeparam name="TVector">A register of doubles.</typeparam>
internal interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Whether this processor has these registers, with fused multiply-adds.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Doubles in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Reads <see cref="Count"/> neighboring doubles.</summary>
    static abstract TVector Load(ref readonly double source);

    /// <summary>Writes <see cref="Count"/> neighboring doubles.</summary>
    static abstract void Store(TVector value, ref double destination);

    /// <summary>The same double in every lane.</summary>
    static abstract TVector Broadcast(double value);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);
}

/// <summary>Eight lanes: AVX-512.</summary>
internal readonly struct Lanes512 : ILanes<Vector512<double>>
{
    public static bool IsSupported => Avx512F.IsSupported;

    public static int Count => Vector512<double>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Load(ref readonly double source) => Vector512.LoadUnsafe(in source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<double> value, ref double destination) => value.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Broadcast(double value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplyAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.FusedMultiplyAdd(a, b, c);
}

/// <summary>Four lanes: AVX2 with FMA, as every x64 processor of the last ten years has.</summary>
internal readonly struct Lanes256 : ILanes<Vector256<double>>
{
    public static bool IsSupported => Fma.IsSupported;

    public static int Count => Vector256<double>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load(ref readonly double source) => Vector256.LoadUnsafe(in source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<double> value, ref double destination) => value.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Broadcast(double value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> MultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Fma.MultiplyAdd(a, b, c);
}

/// <summary>Two lanes: for Arm64 processors, and for the remainders of wider registers.</summary>
internal readonly struct Lanes128 : ILanes<Vector128<double>>
{
    public static bool IsSupported => Fma.IsSupported || AdvSimd.Arm64.IsSupported;

    public static int Count => Vector128<double>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Load(ref readonly double source) => Vector128.LoadUnsafe(in source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<double> value, ref double destination) => value.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Broadcast(double value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> MultiplyAdd(Vector128<double> a, Vector128<double> b, Vector128<double> c) => Fma.IsSupported
        ? Fma.MultiplyAdd(a, b, c)
        : AdvSimd.Arm64.FusedMultiplyAdd(c, a, b);
}

/// <summary>
/// One lane: for the last remainder of wider registers, and for processors without fused multiply-adds. There the runtime computes them in
/// software, correctly rounded but slowly.
/// </summary>
internal readonly struct ScalarLanes : ILanes<double>
{
    public static bool IsSupported => true;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Load(ref readonly double source) => source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(double value, ref double destination) => destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Broadcast(double value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);
}
