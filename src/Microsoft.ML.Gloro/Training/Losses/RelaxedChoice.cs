using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>The set S of each row that <see cref="RelaxedSelection"/> chose.</summary>
/// <param name="Order">The label, then the other members of S, padded with the label; [rows, K].</param>
/// <param name="Members">1 for the classes in S, 0 for the others, [rows, classes].</param>
/// <param name="Places">The place in <paramref name="Order"/> of j*(i) for i ∉ S, and 0, the label's, for i ∈ S; [rows, classes].</param>
/// <param name="Products">w_j·w_i for the member j at each place, [K, rows, classes], of places that occur in <paramref name="Places"/>. This alone has a gradient.</param>
internal sealed record RelaxedChoice(Tensor Order, Tensor Members, Tensor Places, Tensor Products);
