using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A set S of classes for each row, to which one class at a time is added, and its slack
/// m(S) = min over j ∈ S, i ∉ S of (y_j − y_i − ε·K_ij). With worst_i = max over j ∈ S of (ε·K_ij − y_j), the worst gain of an outside
/// class i, the slack is −max over i ∉ S of (y_i + worst_i).
/// </summary>
/// <remarks>Each step takes time and memory for rows × classes values. Use it with gradients switched off, and dispose it.</remarks>
internal sealed class MarginSearch(LossInput input) : IDisposable
{
    private readonly Tensor _out = full([input.Logits.shape[0], 1], double.NegativeInfinity, device: input.Logits.device);
    private readonly List<Tensor> _joined = []; // owned by the caller
    private Tensor? _worst, _places;

    /// <summary>y_i for i ∉ S and −∞ for i ∈ S. Members are masked by index, never by the value of a logit.</summary>
    public Tensor Outside { get; } = input.Logits.detach().clone();

    /// <summary>
    /// For each row and class i, when the class j ∈ S that attains worst_i was added: 0 for the first class, 1 for the second, …; as
    /// float32, [rows, classes].
    /// </summary>
    public Tensor Places => _places ?? throw new InvalidOperationException("S is empty.");

    /// <summary>The highest class of each row, of equal ones the first as in a certificate; [rows, 1].</summary>
    public static Tensor Highest(Tensor values)
    {
        var (highest, at) = values.max(1, keepdim: true);
        highest.Dispose();
        return at;
    }

    /// <summary>Adds one class to each row's S. A class that is in S already changes nothing.</summary>
    /// <param name="classes">[rows, 1]. The caller must not dispose it before the search is over.</param>
    /// <param name="products">w_i·w_j of the added classes i and every j, [rows, classes], if the caller has them.</param>
    /// <returns>m(S), and the outside class at which it is attained; both [rows, 1].</returns>
    public (Tensor Slack, Tensor Outsider) Join(Tensor classes, Tensor? products = null)
    {
        Outside.scatter_(1, classes, _out);
        using var gains = input.GainRows(classes.squeeze(1), products);
        using var logits = input.Logits.gather(1, classes);
        var worst = gains.sub(logits);
        if (_worst is null)
        {
            (_worst, _places) = (worst, zeros_like(worst));
        }
        else
        {
            // Of the classes that made it worse, the last one has the highest number. (libtorch's where is 20 times slower than maximum.)
            using var worstBefore = _worst;
            using var placesBefore = _places!;
            using var grows = worst.gt(worstBefore);
            using var place = grows.to(worst.dtype);
            place.mul_(_joined.Count);
            _places = maximum(placesBefore, place);
            _worst = maximum(worst, worstBefore);
            worst.Dispose();
        }

        _joined.Add(classes);
        using var sums = Outside + _worst;
        var (highest, at) = sums.max(1, keepdim: true);
        return (highest.neg_(), at);
    }

    /// <summary>The class j ∈ S that attains worst_i, for one class i per row; both [rows, 1].</summary>
    public Tensor Weakest(Tensor classes)
    {
        using var places = Places.gather(1, classes);
        using var order = cat(_joined, 1);
        return order.gather(1, places.to(ScalarType.Int64));
    }

    public void Dispose()
    {
        _out.Dispose();
        Outside.Dispose();
        _worst?.Dispose();
        _places?.Dispose();
    }
}
