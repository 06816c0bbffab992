
namespace Microsoft.ML.Gloro.Core;

/// <summary>
/// How far the logits that a model computes can be from the true ones. With R at least the norm of the input, each margin y_j − y_i that is computed differs from
/// the network's by at most E(R) = α·R + β. docs/soundness.md derives it; a summary is at <see cref="Compute"/>.
/// </summary>
/// <remarks>Immutable and safe for concurrent use. Takes milliseconds, so it is not stored in model files: a file could lie.</remarks>
internal sealed class RoundingBound
{
    // Values on the way must not overflow. The gaps to 3·10³⁸ and 2·10³⁰⁸ are for rounding, and for kernels that pass through larger values than the layer's own.
    private const double LargestSingle = 1e30, LargestDouble = 1e300;

    // What a double operation, and a rounding to float or a read of a float, may lose below the normal numbers, whether or not the processor flushes these to zero.
    private const double SmallestDouble = 2.2250738585072014E-308, SmallestSingle = 1.1754943508222875E-38;

    private RoundingBound(AffineBound margin, double largestNorm) => (Margin, LargestNorm) = (margin, largestNorm);

    /// <summary>E: slope α and offset β. Zero in real arithmetic.</summary>
    public AffineBound Margin { get; }

    /// <summary>Up to this norm of the input no value on the way to the logits overflows, and E holds. Below 0 if there is no such norm.</summary>
    public double LargestNorm { get; }

    /// <summary>
    /// What must be subtracted from a computed margin at an input of norm <paramref name="norm"/> before it is divided by K_ij + α: E(norm) twice. With ŷ for computed and m for margins,
    /// m̂(x′) ≥ m(x′) − E(‖x‖ + ρ) ≥ m(x) − ρ·K_ij − E(‖x‖ + ρ) ≥ m̂(x) − 2·E(‖x‖) − ρ·(K_ij + α) for every x′ within ρ of x.
    /// </summary>
    public double MarginError(double norm) => Outward.Multiply(2, Margin.At(norm));

    /// <summary>The bound for a network and the arithmetic that it is scored in.</summary>
    /// <param name="network">The network as deployed.</param>
    /// <param name="bound">Its proven Lipschitz bound, layer by layer.</param>
    /// <param name="arithmetic">Float64 for the library's own forward pass; with Real nothing is claimed of rounding, so E is 0.</param>
    /// <remarks>
    /// Layer by layer, with r ≥ ‖h‖ for the true values and D ≥ ‖ĥ − h‖ for the computed ones, both affine in R, r₀ = R, and D₀ for inputs too small to be normal:
    /// r ← L·r + ‖b‖ and D ← L·D + γ_n·(M·(r + D) + ‖b‖) + underflow, where L is the layer's proven bound, M ≥ ‖|W|‖ and n from <see cref="LinearLayerNorms"/>
    /// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 3.5). Activations compare and move values: they round nothing and stretch nothing.
    /// </remarks>
    /// <exception cref="ArgumentException">The bound lacks a layer, or E is not finite.</exception>
    public static RoundingBound Compute(DeployedNetwork network, LipschitzBound bound, CertificateArithmetic arithmetic)
    {
        bool rounds = arithmetic == CertificateArithmetic.Float64;
        (AffineBound Size, AffineBound Error)[] values = Propagate(network, bound, rounds);
        (AffineBound logit, AffineBound margin) = Final(network.Final, network.ViewCount, values[^1].Size, values[^1].Error, rounds);
        double largestNorm = values.Min(value => Room(rounds ? LargestDouble : LargestSingle, value.Size + value.Error));
        largestNorm = Math.Min(largestNorm, Room(LargestSingle, logit));
        return double.IsFinite(margin.Slope) && double.IsFinite(margin.Offset)
            ? new RoundingBound(margin, largestNorm)
            : throw new ArgumentException("The rounding errors of this network cannot be bounded by a finite number: its weights are far too large. Train with smaller weights.", nameof(network));
    }

    /// <summary>r and D of the values that go into each layer, entry 0 being the input.</summary>
    internal static (AffineBound Size, AffineBound Error)[] Propagate(DeployedNetwork network, LipschitzBound bound, bool rounds)
    {
        var values = new (AffineBound Size, AffineBound Error)[network.Layers.Count];
        var size = new AffineBound(1, 0);
        var error = new AffineBound(0, rounds ? Outward.Multiply(Outward.Sqrt(network.InputShape.Size), SmallestSingle) : 0);
        values[0] = (size, error);
        for (int i = 0; i < values.Length - 1; i++)
        {
            if (LinearLayerNorms.Of(network.Layers[i], network.Shapes[i + 1]) is { } layer)
            {
                double factor = bound.Layers.FirstOrDefault(b => b.Index == i)?.Bound
                    ?? throw new ArgumentException($"The Lipschitz bound has no factor for layer {i}.", nameof(bound));
                if (rounds)
                    error = (factor * error) + OwnError(layer, size + error, network.Shapes[i + 1].Size);
                size = (factor * size) + layer.BiasNorm;
            }

            values[i + 1] = (size, error);
        }

        return values;
    }

    /// <summary>What the layer itself rounds, when it computes from values of norm <paramref name="input"/>.</summary>
    private static AffineBound OwnError(LinearLayerNorms layer, AffineBound input, int outputs)
    {
        double gamma = Outward.Gamma(layer.Operations);
        double underflow = Outward.Multiply(Outward.Sqrt(outputs), Underflow(layer.Operations, layer.AbsoluteNorm));
        return (gamma * ((layer.AbsoluteNorm * input) + layer.BiasNorm)) + underflow;
    }

    // At most 2n operations, each losing at most the smallest normal number, which the roundings after it can hardly double; and n operands read as zero, times a weight.
    private static double Underflow(int operations, double largestWeight) => Outward.Multiply(4.0 * operations, Outward.Multiply(Outward.Add(1, largestWeight), SmallestDouble));

    /// <summary>
    /// Bounds of one logit's size, and of the error of a margin: that of two logits, each wrong by ‖w_j‖·D, by the rounding of its own sum, and by one rounding to float of relative size 2⁻²⁴.
    /// All views of an input have its norm, so what bounds one of them bounds their mean; adding V of them and dividing is V more roundings.
    /// </summary>
    private static (AffineBound Logit, AffineBound Margin) Final(DeployedDense final, int views, AffineBound size, AffineBound error, bool rounds)
    {
        AffineBound logit = default, worst = default;
        int operations = checked(final.Inputs + 2 + (views == 1 ? 0 : views));
        double gamma = Outward.Gamma(operations);
        for (int j = 0; j < final.Outputs; j++)
        {
            double norm = LinearLayerNorms.Norm(final.Row(j));
            AffineBound value = (norm * (size + error)) + Math.Abs((double)final.Bias[j]);
            logit = AffineBound.Max(logit, value);
            double rounding = Outward.Add(gamma, Outward.Multiply(Math.ScaleB(1, -24), Outward.Add(1, gamma)));
            double underflow = Outward.Add(Outward.Multiply(2, Underflow(operations, norm)), SmallestSingle);
            worst = AffineBound.Max(worst, (norm * error) + (rounding * value) + underflow);
        }

        return (logit, rounds ? 2 * worst : default);
    }

    /// <summary>The largest norm of the input for which <paramref name="value"/> stays below <paramref name="limit"/>. The limit has so much room that its own rounding does not matter.</summary>
    private static double Room(double limit, AffineBound value) => (limit - value.Offset) / Math.Max(value.Slope, 1);
}
