using System.Buffers;

namespace Microsoft.ML.Gloro.Guarantees;

/// <summary>
/// The logit of the bottom class ⊥ that stands for "not certified" while training. With
/// m_k = min over j ∈ F^k of [ y_j − max over i ∉ F^k of (y_i + ε·K_ij) ] and m = max over the k that the guarantee allows of m_k, it is y_⊥ = max_i y_i − m.
/// So y_⊥ is below the highest logit exactly if some allowed r_k exceeds ε. For K = 1 this is GloRo's y_⊥ = max over i ≠ j of (y_i + ε·K_ij).
/// Not part of a certificate: nothing is rounded in a certain direction. Stateless and thread-safe.
/// </summary>
/// <remarks>
/// If the guarantee allows no k for a row's order (affinity robustness: the top class is in no set and has no singleton, or, in the exact meaning, the
/// highest classes are no set), k = 1 stands in: the row cannot be certified, and a local margin is a harmless thing to train towards. <see cref="BottomSelection.IsAllowed"/> tells.
/// </remarks>
internal static class BottomLogit
{
    private const int StackClasses = 1024;

    /// <summary>Finds the k and the pair of classes at which y_⊥ is attained.</summary>
    /// <param name="logits">y.</param>
    /// <param name="order">From <see cref="Certificate.TryOrder"/>.</param>
    /// <param name="constants">K_ij.</param>
    /// <param name="guarantee">Which k are allowed.</param>
    /// <param name="epsilon">ε; if it is negative or not finite, or a logit is not finite, the margin is NaN, and no comparison with it holds.</param>
    public static BottomSelection Select(ReadOnlySpan<float> logits, ReadOnlySpan<int> order, MarginConstants constants, BoundGuarantee guarantee, double epsilon)
    {
        var classCount = constants.ClassCount;
        Certificate.CheckLengths(logits.Length, order.Length, classCount);
        if (guarantee.ClassCount != classCount)
            throw new ArgumentException($"The guarantee is for {guarantee.ClassCount} classes, the constants for {classCount}.", nameof(guarantee));

        double[]? rented = null;
        var scratch = classCount <= StackClasses ? stackalloc double[2 * StackClasses] : rented = ArrayPool<double>.Shared.Rent(2 * classCount);
        var outside = scratch[..classCount];                 // as in Certificate.ComputeRadii: −∞ masks the classes of F^k by index
        var nearest = scratch.Slice(classCount, classCount);
        var finite = Certificate.Widen(logits, outside) && double.IsFinite(epsilon) && epsilon >= 0;
        var selection = finite
            ? Search(logits, order, constants, guarantee, epsilon, outside, nearest)
            : new BottomSelection(order[0], order[0], order[1], 1, double.NaN, false);
        if (rented is not null)
            ArrayPool<double>.Shared.Return(rented);
        return selection;
    }

    /// <summary>y_⊥ for a selection that <see cref="Select"/> made from the same arguments.</summary>
    public static double Value(ReadOnlySpan<float> logits, MarginConstants constants, BottomSelection selection, double epsilon) => double.IsNaN(selection.Margin)
        ? double.NaN
        // Not y_top − m: in this order the top logit drops out without rounding if it is the inside class, as in GloRo's own formula.
        : (double)logits[selection.Top] - logits[selection.Inside] + (logits[selection.Outside] + (epsilon * constants[selection.Inside, selection.Outside]));

    /// <summary>
    /// ∂y_⊥/∂y, where y_⊥ is differentiable: +1 for the top class, −1 for the inside class (which cancel if they are the same), +1 for the outside class.
    /// (∂y_⊥/∂K_ij is ε for the selected pair and 0 for all others.)
    /// </summary>
    /// <param name="selection">From <see cref="Select"/>.</param>
    /// <param name="destination">One value for each class; overwritten.</param>
    public static void Gradient(BottomSelection selection, Span<float> destination)
    {
        destination.Clear();
        destination[selection.Top] += 1;
        destination[selection.Inside] -= 1;
        destination[selection.Outside] += 1;
    }

    private static BottomSelection Search(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> order, MarginConstants constants, BoundGuarantee guarantee, double epsilon, Span<double> outside, Span<double> nearest)
    {
        nearest.Fill(double.PositiveInfinity);
        var (bestK, bestOutside, margin, found) = (1, order[1], double.NegativeInfinity, false);
        for (var k = 1; k <= guarantee.MaxK; k++)
        {
            var joining = order[k - 1];
            outside[joining] = double.NegativeInfinity;
            nearest[joining] = double.PositiveInfinity;
            var (lowest, at) = Lower(logits[joining], constants.Row(joining), epsilon, outside, nearest);
            var allowed = guarantee.Allows(order, k);
            var fallback = k == 1 && !allowed;
            // The first allowed k displaces the fallback, whatever their margins.
            if (fallback || (allowed && (!found || lowest > margin)))
                (bestK, bestOutside, margin, found) = (k, at, lowest, allowed);
        }
        return new(order[0], Closest(logits, order[..bestK], constants.Row(bestOutside)), bestOutside, bestK, margin, found);

        // j of the pair: y_i is the same for all of them, so y_j − ε·K_ij decides.
        int Closest(ReadOnlySpan<float> logits, ReadOnlySpan<int> inside, ReadOnlySpan<double> row)
        {
            var closest = inside[0];
            foreach (var j in inside)
            {
                if (logits[j] - (epsilon * row[j]) < logits[closest] - (epsilon * row[closest]))
                    closest = j;
            }
            return closest;
        }
    }

    private static (double Lowest, int At) Lower(double logit, ReadOnlySpan<double> row, double epsilon, ReadOnlySpan<double> outside, Span<double> nearest)
    {
        var (lowest, at) = (double.PositiveInfinity, -1);
        for (var i = 0; i < nearest.Length; i++)
        {
            nearest[i] = Math.Min(nearest[i], logit - (outside[i] + (epsilon * row[i])));
            if (nearest[i] < lowest || (at < 0 && outside[i] > double.NegativeInfinity))
                (lowest, at) = (nearest[i], i);
        }
        return (lowest, at);
    }
}
