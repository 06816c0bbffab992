using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// How mixup mixes one batch with itself in another order (Zhang, Cisse, Dauphin, Lopez-Paz, ICLR 2018): x̃ = λ·x + (1 − λ)·x′.
/// </summary>
/// <remarks>
/// The paper mixes the labels too. Our losses require margins for one label, so the losses are mixed instead:
/// λ·L(x̃, label) + (1 − λ)·L(x̃, label′). For cross-entropy, which is linear in the label, this is the same.
/// </remarks>
/// <param name="Share">λ.</param>
/// <param name="Partners">Which row each row is mixed with, a permutation.</param>
internal sealed record Mixture(double Share, int[] Partners)
{
    /// <summary>Draws λ from Beta(α, α), and an order of the rows.</summary>
    public static Mixture Draw(double alpha, int rows, Random random)
    {
        // The ratio of two Gamma(α) values, from their logarithms, because for small α both may underflow. λ is then 0 or 1.
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

    /// <summary>
    /// The mean loss of the mixed batch. The loss of a label has the weight and the teacher's answer of the row that the label is of.
    /// </summary>
    /// <param name="loss">The loss of one label.</param>
    /// <param name="input">The logits of x̃, and the labels, weights and teacher's answers of x.</param>
    public Tensor Loss(GloroLoss loss, LossInput input)
    {
        // This loss first: the second one shares the tensors of pairs of classes that it caches.
        var own = loss.Compute(input);
        var index = Index(input.Labels.device);
        var partners = input.With(
            input.Labels.index_select(0, index), input.Weights?.index_select(0, index), input.Teacher?.index_select(0, index));
        return (own * Share) + (loss.Compute(partners) * (1 - Share));
    }

    private Tensor Index(Device device) => tensor(Array.ConvertAll(Partners, p => (long)p), device: device);

    // Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, ACM TOMS 2000. For α below 1 as Gamma(α + 1)·U^(1/α).
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

    // Uniform above 0 up to 1, so that it has a logarithm.
    private static double Open(Random random) => 1 - random.NextDouble();
}
