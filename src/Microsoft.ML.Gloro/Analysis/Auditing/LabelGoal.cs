using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Decides whether a prediction is right under a guarantee, certified or not: the label is in the largest top-k set that the guarantee
/// allows for the order of the logits. Also gives the objective that makes it wrong.
/// </summary>
internal sealed class LabelGoal(ResolvedGuarantee guarantee)
{
    private readonly int[] _order = new int[guarantee.ClassCount];

    /// <summary>Whether logits are right. Logits that are not finite predict nothing, so they are wrong.</summary>
    public bool IsRight(ReadOnlySpan<float> logits, int label)
    {
        if (label < 0 || !Certificate.TryOrder(logits, _order))
            return false;
        int largest = 1;
        for (int k = 1; k <= guarantee.MaxK; k++)
        {
            if (guarantee.Allows(_order, k))
                largest = k;
        }

        return _order.AsSpan(0, largest).Contains(label);
    }

    /// <summary>
    /// An objective of the logits that is positive where a label is beaten. Relaxed top-K: K other classes are above it. Affinity: one
    /// class is above it that shares no set with the label, since then no allowed set includes the label; rarer ways are not targeted.
    /// <paramref name="rivals"/> restrict it to one class per row.
    /// </summary>
    public Func<Tensor, Tensor> Beat(int[] labels, int[]? rivals)
    {
        Tensor label = RowTensors.Indices(labels);
        if (rivals is not null)
        {
            Tensor rival = RowTensors.Indices(rivals);
            return logits => (logits.gather(1, rival) - logits.gather(1, label)).squeeze(1);
        }

        Tensor spared = tensor([.. labels.SelectMany(Spared)], [labels.Length, guarantee.ClassCount]);
        int rank = NeededRivals;
        return logits => logits.masked_fill(spared, float.NegativeInfinity).topk(rank, 1)
            .values.select(1, rank - 1) - logits.gather(1, label).squeeze(1);
    }

    /// <summary>How many classes must be above a label to beat it.</summary>
    public int NeededRivals => guarantee.Guarantee.Kind == GuaranteeKind.RelaxedTopK ? guarantee.MaxK : 1;

    /// <summary>
    /// The classes that do not beat <paramref name="label"/>: the label itself, and classes that may be certified together with it.
    /// </summary>
    public bool[] Spared(int label)
    {
        bool isAffinity = guarantee.Guarantee.Kind == GuaranteeKind.Affinity;
        return [.. Enumerable.Range(0, guarantee.ClassCount).Select(other => other == label || (isAffinity && AreMates(label, other)))];
    }

    private bool AreMates(int one, int other) => guarantee.AffinitySets!.Any(set => set.Contains(one) && set.Contains(other));
}
