using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Margins only where a relaxed guarantee needs them: our own, nobody has published one. RTK and affinity robustness certify a row if some allowed set S that holds the label
/// keeps its lead over the rest. So each row gets, without gradient, the S with the most slack (<see cref="RelaxedSelection"/>), and every class outside S the head start
/// of EMMA not on the label but on the member of S that it can most easily overtake, j*(i) = argmax over j ∈ S of (ε·K_ij − y_j): z_i = y_i − y_j* + e_i·ε·K_ij*.
/// If S holds the label alone, as for local robustness, this is EMMA.
/// </summary>
/// <param name="guarantee">Decides which sets are allowed.</param>
/// <param name="competeWithinSet">
/// What the other members of S do. True: they compete with the label by their plain difference, z_i = y_i − y_label. They pay no margin, since they may overtake the label
/// within ε without harm to the guarantee, but the label is still to be the highest: without that nothing trains top-1 accuracy, which every guarantee is reported next to.
/// False: they are left out, z_i = −∞, and all of the network's slope goes to the relaxed guarantee.
/// </param>
internal sealed class RelaxedMargins(ResolvedGuarantee guarantee, bool competeWithinSet) : MarginPlacement
{
    private readonly RelaxedSelection _selection = new(guarantee);
    private readonly LabelMargins? _label = guarantee.MaxK == 1 ? new() : null; // Every set is the label alone: the same, to the last bit, with less work.

    /// <inheritdoc/>
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

        // Added, not filled in: NaN − ∞ is NaN, and the trainer is to see it.
        var labels = input.Labels.unsqueeze(1);
        var others = choice.Members.scatter(1, labels, zeros_like(labels, choice.Members.dtype));
        return z + zeros_like(others).masked_fill_(others.to(ScalarType.Bool), double.NegativeInfinity);
    }
}
