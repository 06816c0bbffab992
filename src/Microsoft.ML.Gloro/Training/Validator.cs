using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// Measures clean accuracy and VRA of a network in training, under the ε and guarantee trained for, with estimated constants.
/// </summary>
internal static class Validator
{
    private const int BatchSize = 256;

    /// <summary>
    /// The figures of <paramref name="set"/>, which must not be empty. If the margin constants are not finite, no row counts as verified.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token, which is checked before each batch, was cancelled.</exception>
    public static ValidationFigures Measure(
        LipschitzNetwork network,
        TrainingSet set,
        ResolvedGuarantee guarantee,
        float epsilon,
        Tensor kappa,
        Device device,
        CancellationToken cancellationToken = default)
    {
        using var outer = NewDisposeScope();
        using var _ = no_grad();
        var source = new BatchSource(set, BatchSize, device);
        var constants = TrainingMargins.FromGains(LossInput.MarginGains(network.MarginRows(), kappa));
        int classes = guarantee.ClassCount, clean = 0, local = 0, verified = 0, certified = 0;
        long members = 0;
        int[] order = new int[classes];
        float[] radii = new float[guarantee.MaxK];
        for (int start = 0; start < set.Count; start += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int count = Math.Min(BatchSize, set.Count - start);
            float[] logits = network.Forward(source.Read(start, count), training: false).cpu().data<float>().ToArray();
            for (int row = 0; row < count; row++)
            {
                var y = logits.AsSpan(row * classes, classes);
                if (!Certificate.TryOrder(y, order))
                    continue;
                int label = set.Label(start + row);
                clean += order[0] == label ? 1 : 0;
                if (constants is null)
                    continue;
                Certificate.ComputeRadii(y, order, constants, error: 0, radii);
                int k = Certificate.Evaluate(guarantee, order, radii, epsilon).LoosestK;
                verified += order.AsSpan(0, k).Contains(label) ? 1 : 0;
                certified += k > 0 ? 1 : 0;
                members += k;
                local += order[0] == label && float.IsFinite(radii[0]) && radii[0] > epsilon ? 1 : 0;
            }
        }

        return new(
            (double)clean / set.Count, (double)verified / set.Count, (double)local / set.Count, (double)members / Math.Max(1, certified));
    }
}

/// <summary>What training knows of a set of rows. Constants are estimates, so these figures prove nothing.</summary>
/// <param name="CleanAccuracy">The fraction of rows whose top class is right.</param>
/// <param name="VerifiedRobustAccuracy">VRA under the guarantee trained for.</param>
/// <param name="LocalVerifiedRobustAccuracy">VRA under local robustness.</param>
/// <param name="MeanSetSize">The mean size of the certified sets; 0 if there are none.</param>
internal sealed record ValidationFigures(
    double CleanAccuracy, double VerifiedRobustAccuracy, double LocalVerifiedRobustAccuracy, double MeanSetSize)
{
    /// <summary>The figures without rows.</summary>
    public static ValidationFigures None { get; } = new(double.NaN, double.NaN, double.NaN, double.NaN);
}

/// <summary>Margin constants in training: estimates, which certify nothing but go through the certificate's own code.</summary>
internal static class TrainingMargins
{
    /// <summary>
    /// The values of <see cref="LossInput.MarginGains()"/> as the certificate reads them; null if one is not finite, as when training
    /// diverges.
    /// </summary>
    public static MarginConstants? FromGains(Tensor gains)
    {
        using var _ = NewDisposeScope();
        int classes = (int)gains.shape[0];

        // A Gram matrix is symmetric, but its rounding need not be.
        var symmetric = maximum(gains, gains.t()).detach().to(ScalarType.Float64).cpu().contiguous();
        double[] values = symmetric.data<double>().ToArray();
        return values.All(double.IsFinite) ? new MarginConstants(values, classes) : null;
    }
}
