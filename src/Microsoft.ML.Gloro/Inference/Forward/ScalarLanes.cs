using System.Runtime.CompilerServices;

namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// One lane: the last remainder of wider registers, and all there is on a processor without fused multiply-adds, where the runtime computes them in software,
/// correctly rounded and slowly.
/// </summary>
internal readonly struct ScalarLanes : ILanes<double>
{
    /// <inheritdoc/>
    public static bool IsSupported => true;

    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Load(ref readonly double source) => source;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(double value, ref double destination) => destination = value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Broadcast(double value) => value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);
}
