using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Margins only where a relaxed guarantee needs them. This is new; we know of no publication. RTK and affinity robustness certify a row if
/// some allowed set S that contains the label keeps its lead over the other classes.
/// </summary>
/// <param name="guarantee">Determines which sets are allowed.</param>
/// <param name="competeWithinSet">
/// Whether the other members of S compete with the label by their plain difference, z_i = y_i − y_label. They get no margin, because the
/// guarantee allows them to overtake the label within ε. But without the difference nothing trains top-1 accuracy, which is reported beside
/// every guarantee. If false, they are left out (z_i = −∞), and all of the network's slope goes to the relaxed guarantee.
/// </param>
/// <remarks>
/// <see cref="RelaxedSelection"/> chooses, without gradient, the S with the most slack for each row. The margin of a class i outside S is
/// EMMA's, but relative to the member of S that i can most easily overtake instead of the label:
/// z_i = y_i − y_j* + e_i·ε·K_ij* with j*(i) = argmax over j ∈ S of (ε·K_ij − y_j). If S contains the label alone, as for local robustness,
/// this is EMMA.
/// </remarks>
internal sealed class RelaxedMargins(ResolvedGuarantee guarantee, bool competeWithinSet) : MarginPlacement
{
    private readonly RelaxedSelection _selection = new(guarantee);

    // If every set is the label alone: the same result, to the last bit, with less work.
    private readonly LabelMargins? _label = guarantee.MaxK == 1 ? new() : null;

    public override Tensor Logits(LossInput input)
    {
        if (_label is not null)
            return _label.Logits(input);
        var squares = input.Squares();
        var choice = _selection.Select(input);

        // y_j*, ‖w_j*‖² and w_j*·w_i: one of K values for each row and class.
        var logits = input.Logits.gather(1, choice.Order).gather(1, choice.Places);
        var lengths = squares.index_select(0, choice.Order.flatten()).reshape(choice.Order.shape).gather(1, choice.Places);
        var products = choice.Products.gather(0, choice.Places.unsqueeze(0)).squeeze(0);
        var z = HandOut(input.Logits - logits, input.Gains(lengths, products), 1 - choice.Members);
        if (competeWithinSet)
            return z;

        // −∞ is added, not filled in: NaN − ∞ stays NaN, which the trainer must see.
        var labels = input.Labels.unsqueeze(1);
        var others = choice.Members.scatter(1, labels, zeros_like(labels, choice.Members.dtype));
        return z + zeros_like(others).masked_fill_(others.to(ScalarType.Bool), double.NegativeInfinity);
    }
}
