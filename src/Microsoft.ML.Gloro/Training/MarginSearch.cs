using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// A set S of classes for each row, grown by one class at a time, and what its certificate lacks: with the worst gain of an outside class i,
/// worst_i = max over j ∈ S of (ε·K_ij − y_j), the slack m(S) = min over j ∈ S, i ∉ S of (y_j − y_i − ε·K_ij) is −max over i ∉ S of (y_i + worst_i).
/// Each step takes rows × classes work and memory. Make and use it with gradients switched off, and dispose it.
/// </summary>
internal sealed class MarginSearch(LossInput input) : IDisposable
{
    private readonly Tensor _out = full([input.Logits.shape[0], 1], double.NegativeInfinity, device: input.Logits.device);
    private Tensor? _worst, _weakest;

    /// <summary>y_i for i ∉ S and −∞ for i ∈ S: members are masked by index, never by the value of a logit.</summary>
    public Tensor Outside { get; } = input.Logits.detach().clone();

    /// <summary>For each row and class i the class j ∈ S at which worst_i is attained, [rows, classes].</summary>
    public Tensor Weakest => _weakest ?? throw new InvalidOperationException("S is empty.");

    /// <summary>The highest class of each row in <paramref name="values"/>, of equal ones the first, as a certificate orders them. [rows, 1].</summary>
    public static Tensor Highest(Tensor values)
    {
        var (highest, at) = values.max(1, keepdim: true);
        highest.Dispose();
        return at;
    }

    /// <summary>Takes the class out of the running where −∞ stands for "not to be chosen".</summary>
    public void Remove(Tensor values, Tensor classes) => values.scatter_(1, classes, _out);

    /// <summary>Adds one class to each row's S; one that is in S already changes nothing.</summary>
    /// <param name="classes">[rows, 1].</param>
    /// <returns>m(S), and the outside class at which it is attained; both [rows, 1].</returns>
    public (Tensor Slack, Tensor Outsider) Join(Tensor classes)
    {
        Remove(Outside, classes);
        using var gains = input.GainRows(classes.squeeze(1));
        using var logits = input.Logits.gather(1, classes);
        var worst = gains.sub(logits);
        if (_worst is null)
        {
            (_worst, _weakest) = (worst, classes.expand(Outside.shape).clone());
        }
        else
        {
            using var worstBefore = _worst;
            using var weakestBefore = _weakest!;
            using var grows = worst.gt(worstBefore);
            _weakest = where(grows, classes, weakestBefore);
            _worst = maximum(worst, worstBefore);
            worst.Dispose();
        }

        using var sums = Outside + _worst;
        var (highest, at) = sums.max(1, keepdim: true);
        return (highest.neg_(), at);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _out.Dispose();
        Outside.Dispose();
        _worst?.Dispose();
        _weakest?.Dispose();
    }
}
