using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// The certificate of one row. With the classes ordered by logit and F^k the first k of them,
/// r_k = min over j ∈ F^k, i ∉ F^k of (y_j − y_i) / K_ij: no input nearer than r_k has another top-k set, since each of these margins
/// shrinks by at most K_ij times the distance (Leino and Fredrikson, "Relaxing Local Robustness", 2021). Each margin is first
/// lowered by what rounding can have added to it. Stateless and thread-safe; nothing is allocated.
/// </summary>
/// <remarks>
/// Rounding. Logits are floats and everything is computed in double with unit roundoff u = 2^−53. A difference and a quotient are each off
/// by a factor of at most 1 + u (a quotient too small for that is far below the smallest float, and becomes 0). So the true quotient is at
/// least the computed one times 1 − 2u. <see cref="Shrink"/> = 1 − 8u covers that and its own multiplication; the step to float is rounded
/// down. The result is never more than the true r_k. An error to subtract is taken from y_j beforehand, rounded down.
/// </remarks>
internal static class Certificate
{
    internal const double Shrink = 1 - (1.0 / (1L << 50));

    /// <summary>Up to this many values of scratch memory lie on the stack (16 KiB of doubles: 1,024 classes).</summary>
    private const int StackValues = 2048;

    /// <summary>Writes the classes by descending logit, equal logits by index (0 and −0 are equal; NaN comes last).</summary>
    /// <param name="logits">y.</param>
    /// <param name="order">
    /// Receives as many classes as it has places for, from the highest on. A few of many classes are found in one pass, much faster than
    /// by sorting all.
    /// </param>
    /// <returns>False if any logit is not finite. The order is written all the same, but nothing may be certified.</returns>
    public static bool TryOrder(ReadOnlySpan<float> logits, Span<int> order) => ClassOrder.TryWrite(logits, order);

    /// <summary>
    /// Computes r_1 … r_n for n = the length of <paramref name="radii"/>, rounded down: 0 where nothing is certified, never NaN, at most
    /// float.MaxValue.
    /// </summary>
    /// <param name="logits">y. If any is not finite, all radii are 0.</param>
    /// <param name="order">From <see cref="TryOrder"/>, at least as many classes as radii.</param>
    /// <param name="constants">K_ij.</param>
    /// <param name="error">What is subtracted from every margin: 0 for exact logits, +∞ to certify nothing.</param>
    /// <param name="radii">Receives the radii; fewer than there are classes, since F^C cannot change and certifies nothing.</param>
    public static void ComputeRadii(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> order, MarginConstants constants, double error, Span<float> radii)
    {
        var classCount = constants.ClassCount;
        CheckLengths(logits.Length, order.Length, classCount, radii.Length);
        if (radii.Length >= classCount)
            throw new ArgumentException(
                $"With {classCount} classes there are at most {classCount - 1} radii, not {radii.Length}.", nameof(radii));

        double[]? rented = null;
        var scratch = 2 * classCount <= StackValues
            ? stackalloc double[2 * classCount]
            : rented = ArrayPool<double>.Shared.Rent(2 * classCount);

        // outside: y_i while i ∉ F^k; −∞ once i ∈ F^k, which makes its quotient +∞: masked by index.
        // nearest: the minimum over j ∈ F^k of (y_j − y_i) / K_ij.
        var outside = scratch[..classCount];
        var nearest = scratch.Slice(classCount, classCount);
        if (IsError(error) && FiniteValues.Only(logits))
        {
            Widen(logits, outside);
            nearest.Fill(double.PositiveInfinity);
            for (var k = 1; k <= radii.Length; k++)
            {
                var joining = order[k - 1];
                outside[joining] = double.NegativeInfinity;
                nearest[joining] = double.PositiveInfinity;
                radii[k - 1] = RoundDown(Shrink * Lower(Subtract(logits[joining], error), constants.Row(joining), outside, nearest));
            }
        }
        else
        {
            radii.Clear();
        }
        if (rented is not null)
            ArrayPool<double>.Shared.Return(rented);
    }

    /// <summary>Which top-k sets <paramref name="guarantee"/> certifies, given the radii of <see cref="ComputeRadii"/>.</summary>
    /// <param name="guarantee">The guarantee, bound to the model's classes.</param>
    /// <param name="order">The classes by descending logit, as many as there are radii to look at, or all.</param>
    /// <param name="radii">r_1, r_2, …; a k beyond them is not certified. Values that are not finite count as 0.</param>
    /// <param name="epsilon">ε. A negative one or NaN certifies nothing, but leaves the largest radius as it is.</param>
    public static CertifiedSet Evaluate(ResolvedGuarantee guarantee, ReadOnlySpan<int> order, ReadOnlySpan<float> radii, float epsilon)
    {
        var most = Math.Min(radii.Length, guarantee.MaxK);
        if (order.Length < most || order.Length > guarantee.ClassCount)
            throw new ArgumentException(
                $"The guarantee is for {guarantee.ClassCount} classes and {most} radii, and the order has {order.Length} " +
                "classes.", nameof(order));
        float radius = 0, largest = 0;
        int tightest = 0, loosest = 0;
        for (var k = 1; k <= most; k++)
        {
            var candidate = radii[k - 1];
            if (!float.IsFinite(candidate) || !guarantee.Allows(order, k))
                continue;
            largest = Math.Max(largest, candidate);
            if (!(epsilon >= 0 && candidate > epsilon))
                continue;
            if (tightest == 0)
                (tightest, radius) = (k, candidate);
            loosest = k;
        }
        return new(tightest == 0 ? largest : radius, tightest, loosest, largest);
    }

    /// <summary>
    /// The classes that might be top-1 somewhere within <paramref name="epsilon"/>: the top-1 class j, and every i with y_i + ε·K_ij ≥ y_j,
    /// in the order of their logits. In doubt a class is included; all are if a logit is not finite, ε is negative or NaN, or
    /// <paramref name="error"/>, which is subtracted from every margin, is +∞.
    /// </summary>
    /// <param name="logits">y.</param>
    /// <param name="order">From <see cref="TryOrder"/>; the first alone is looked at.</param>
    /// <param name="constants">K_ij.</param>
    /// <param name="error">What is subtracted from every margin: 0 for exact logits, +∞ to leave nothing out.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="destination">Receives the classes; it needs room for all.</param>
    /// <returns>How many classes were written, at least 1.</returns>
    public static int ReachableLabels(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> order, MarginConstants constants, double error, double epsilon, Span<int> destination)
    {
        CheckLengths(logits.Length, order.Length, constants.ClassCount, needed: 1);
        if (destination.Length < logits.Length)
            throw new ArgumentException(
                $"Up to {logits.Length} classes can be reachable, but there is room for {destination.Length} only.", nameof(destination));
        var exclude = epsilon >= 0 && IsError(error) && FiniteValues.Only(logits);

        ulong[]? rented = null;
        var keys = logits.Length <= StackValues ? stackalloc ulong[logits.Length] : rented = ArrayPool<ulong>.Shared.Rent(logits.Length);
        var count = 0;
        var top = order[0];
        var row = constants.Row(top);
        var highest = Subtract(logits[top], error);
        for (var i = 0; i < logits.Length; i++)
        {
            // Left out only if the margin, rounded down, exceeds what the distance can take from it.
            var unreachable = exclude && i != top && Shrink * (highest - logits[i]) > epsilon * row[i];
            if (!unreachable)
                keys[count++] = ClassOrder.Key(logits[i], i);
        }
        keys = keys[..count];
        ClassOrder.Write(keys, destination);
        if (rented is not null)
            ArrayPool<ulong>.Shared.Return(rented);
        return count;
    }

    /// <summary>
    /// Lets a class with logit <paramref name="logit"/> and constants <paramref name="row"/> into F^k: updates <paramref name="nearest"/>
    /// and returns its minimum.
    /// </summary>
    private static double Lower(double logit, ReadOnlySpan<double> row, ReadOnlySpan<double> outside, Span<double> nearest)
    {
        var rows = MemoryMarshal.Cast<double, Vector<double>>(row);
        var outsides = MemoryMarshal.Cast<double, Vector<double>>(outside);
        var nearests = MemoryMarshal.Cast<double, Vector<double>>(nearest);
        var logits = new Vector<double>(logit);
        var lowest = new Vector<double>(double.PositiveInfinity);
        for (var v = 0; v < nearests.Length; v++)
        {
            var candidate = Vector.Min(nearests[v], (logits - outsides[v]) / rows[v]);
            nearests[v] = candidate;
            lowest = Vector.Min(lowest, candidate);
        }
        var result = double.PositiveInfinity;
        for (var lane = 0; lane < Vector<double>.Count; lane++)
            result = Math.Min(result, lowest[lane]);
        for (var i = nearests.Length * Vector<double>.Count; i < nearest.Length; i++)
        {
            nearest[i] = Math.Min(nearest[i], (logit - outside[i]) / row[i]);
            result = Math.Min(result, nearest[i]);
        }
        return result;
    }

    /// <summary>Whether a margin can be wrong by this much; if not (NaN, negative, +∞), nothing is certified.</summary>
    private static bool IsError(double error) => error >= 0 && error < double.PositiveInfinity;

    /// <summary><paramref name="logit"/> − <paramref name="error"/>, rounded down; exact for an error of 0.</summary>
    private static double Subtract(float logit, double error) => error == 0 ? logit : Math.BitDecrement(logit - error);

    /// <summary>
    /// The largest float that is not above <paramref name="value"/>, within 0 … float.MaxValue. A negative value, which only a
    /// wrong order gives, certifies nothing.
    /// </summary>
    private static float RoundDown(double value)
    {
        if (!(value > 0))
            return 0;
        var rounded = (float)value;
        if (rounded > value)
            rounded = MathF.BitDecrement(rounded);
        return Math.Min(rounded, float.MaxValue);
    }

    /// <summary>Copies the logits as doubles.</summary>
    private static void Widen(ReadOnlySpan<float> logits, Span<double> destination)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var wide = MemoryMarshal.Cast<double, Vector<double>>(destination);
        for (var v = 0; v < vectors.Length; v++)
            Vector.Widen(vectors[v], out wide[2 * v], out wide[(2 * v) + 1]);
        for (var i = vectors.Length * Vector<float>.Count; i < logits.Length; i++)
            destination[i] = logits[i];
    }

    private static void CheckLengths(int logits, int order, int classCount, int needed)
    {
        if (logits != classCount || order > classCount || order < Math.Min(needed, classCount))
            throw new ArgumentException(
                $"The constants are for {classCount} classes, but there are {logits} logits and an order of {order}.");
    }
}

/// <summary>
/// What a guarantee certifies for one row at ε. The certified label set is the tightest: the first TightestK classes of the row's order.
/// </summary>
/// <param name="Radius">
/// The radius of the certified label set; <paramref name="LargestRadius"/> if the row is not certified at ε. It is above ε exactly if the
/// row is certified.
/// </param>
/// <param name="TightestK">The smallest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
/// <param name="LoosestK">The largest allowed k with r_k &gt; ε; 0 if the row is not certified at ε.</param>
/// <param name="LargestRadius">
/// The largest r_k over the k that the guarantee allows, whatever ε is; 0 if there is none. The row is certified at exactly the radii
/// below.
/// </param>
internal readonly record struct CertifiedSet(float Radius, int TightestK, int LoosestK, float LargestRadius);
