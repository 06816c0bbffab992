namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// The five operations that <see cref="LaneKernel{TLanes,TVector}"/> is written in, for one width of registers. Lanes never meet: what happens in one
/// is what <see cref="Math.FusedMultiplyAdd"/> would do there, so a width changes the speed and not a bit.
/// </summary>
/// <typeparam name="TVector">A register of doubles.</typeparam>
internal interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Whether this processor has these registers, with fused multiply-adds on them.</summary>
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
