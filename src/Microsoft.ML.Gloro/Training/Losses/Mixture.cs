using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// How mixup mixes one batch with itself in another order (Zhang, Cisse, Dauphin, Lopez-Paz, ICLR 2018): x̃ = λ·x + (1 − λ)·x′. The paper mixes the labels too. Our losses speak of
/// one label, about which they ask for margins, so theirs are mixed: λ·L(x̃, label) + (1 − λ)·L(x̃, label′). For cross-entropy, linear in the label, that is the paper's.
/// </summary>
/// <param name="Share">λ.</param>
/// <param name="Partners">Which row each row is mixed with, a permutation.</param>
internal sealed record Mixture(double Share, int[] Partners)
{
    /// <summary>λ from Beta(α, α), and an order of the rows.</summary>
    public static Mixture Draw(double alpha, int rows, Random random)
    {
        // The ratio of two Gamma(α) values, from their logarithms: for small α both may be smaller than a double can be, and λ is then 0 or 1 to all its digits.
        double share = 1 / (1 + Math.Exp(LogGamma(alpha, random) - LogGamma(alpha, random)));
        int[] partners = [.. Enumerable.Range(0, rows)];
        random.Shuffle(partners);
        return new Mixture(share, partners);
    }

    /// <summary>x̃.</summary>
    public Tensor Mix(Tensor inputs)
    {
        using var scope = NewDisposeScope();
        return (inputs.index_select(0, Index(inputs.device)).mul_(1 - Share) + (inputs * Share)).MoveToOuterDisposeScope();
    }

    /// <summary>The mean loss of the mixed batch.</summary>
    /// <param name="loss">The loss of one label.</param>
    /// <param name="input">The logits of x̃ and the labels of x.</param>
    public Tensor Loss(GloroLoss loss, LossInput input)
    {
        // The first loss first: what it computes about pairs of classes is the second's too.
        var own = loss.Compute(input);
        return (own * Share) + (loss.Compute(input.WithLabels(input.Labels.index_select(0, Index(input.Labels.device)))) * (1 - Share));
    }

    private Tensor Index(Device device) => tensor(Array.ConvertAll(Partners, p => (long)p), device: device);

    // Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, ACM TOMS 2000; below 1 as Gamma(α + 1)·U^(1/α).
    private static double LogGamma(double alpha, Random random)
    {
        if (alpha < 1)
            return LogGamma(alpha + 1, random) + (Math.Log(Open(random)) / alpha);
        double d = alpha - (1.0 / 3), c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double normal = Math.Sqrt(-2 * Math.Log(Open(random))) * Math.Cos(2 * Math.PI * random.NextDouble());
            double root = 1 + (c * normal), v = root * root * root;
            if (root > 0 && Math.Log(Open(random)) < (0.5 * normal * normal) + (d * (1 - v + Math.Log(v))))
                return Math.Log(d) + Math.Log(v);
        }
    }

    // From above 0 to 1: of 0 there is no logarithm.
    private static double Open(Random random) => 1 - random.NextDouble();
}
