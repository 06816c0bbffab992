using System.Buffers;
using System.Numerics;

namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// Classes by descending logit, equal logits by index (0 and −0 are equal; NaN comes last). Stateless and thread-safe; nothing is
/// allocated.
/// </summary>
internal static class ClassOrder
{
    /// <summary>Up to this many keys lie on the stack.</summary>
    private const int StackKeys = 1024;

    /// <summary>Up to this many classes of more are kept in order by insertion.</summary>
    private const int MostSelected = 32;

    /// <summary>Writes the first classes of the order, as many as <paramref name="order"/> has places for.</summary>
    /// <returns>Whether all logits are finite.</returns>
    public static bool TryWrite(ReadOnlySpan<float> logits, Span<int> order)
    {
        if (order.Length > logits.Length)
            throw new ArgumentException($"The order has {order.Length} places, but there are only {logits.Length} logits.", nameof(order));
        var finite = FiniteValues.Only(logits);
        if (finite && order.Length <= MostSelected && order.Length < logits.Length)
        {
            Select(logits, order);
            return true;
        }

        ulong[]? rented = null;
        var keys = logits.Length <= StackKeys ? stackalloc ulong[logits.Length] : rented = ArrayPool<ulong>.Shared.Rent(logits.Length);
        keys = keys[..logits.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = Key(logits[i], i);
        Write(keys, order);
        if (rented is not null)
            ArrayPool<ulong>.Shared.Return(rented);
        return finite;
    }

    /// <summary>
    /// One integer a class that sorts as wanted: the logit's bits, turned so that higher logits come first, above the index. No two are
    /// equal.
    /// </summary>
    public static ulong Key(float logit, int index) => ((ulong)DescendingBits(logit) << 32) | (uint)index;

    /// <summary>Sorts <paramref name="keys"/> and writes the first of them as classes, as many as there are places for.</summary>
    public static void Write(Span<ulong> keys, Span<int> classes)
    {
        keys.Sort();
        for (var i = 0; i < Math.Min(keys.Length, classes.Length); i++)
            classes[i] = (int)(uint)keys[i];
    }

    /// <summary>Writes the classes with the highest logits, which must be finite, in order.</summary>
    private static void Select(ReadOnlySpan<float> logits, Span<int> order)
    {
        if (order.IsEmpty)
            return;
        Span<ulong> best = stackalloc ulong[MostSelected];
        best = best[..order.Length];
        best.Fill(ulong.MaxValue);
        for (var start = 0; start < logits.Length; start += Vector<float>.Count)
        {
            // Most of many logits are below all that are kept by then; an equal one has a higher index and comes after them too.
            var end = Math.Min(logits.Length, start + Vector<float>.Count);
            bool isWhole = start >= best.Length && end - start == Vector<float>.Count;
            if (isWhole && !Vector.GreaterThanAny(new Vector<float>(logits[start..]), new Vector<float>(logits[(int)(uint)best[^1]])))
                continue;
            for (var i = start; i < end; i++)
            {
                var key = Key(logits[i], i);
                if (key >= best[^1])
                    continue;
                var place = best.Length - 1;
                for (; place > 0 && best[place - 1] > key; place--)
                    best[place] = best[place - 1];
                best[place] = key;
            }
        }
        Write(best, order);
    }

    /// <summary>Maps floats to integers so that a higher float gives a lower integer.</summary>
    private static uint DescendingBits(float value)
    {
        if (float.IsNaN(value))
            return uint.MaxValue;
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);   // −0 + 0 = +0
        return (bits & 0x80000000) != 0 ? bits : ~(bits | 0x80000000);
    }
}
