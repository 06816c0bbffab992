using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Gradient ascent on pairs of inputs that maximizes the slope of the margin of two classes: |(y_j − y_i)(x) − (y_j − y_i)(x′)| / ‖x −
/// x′‖₂. Any pair gives a lower bound of the Lipschitz constant; one above K_ij would refute the bound. Both inputs move, anywhere in Rⁿ.
/// </summary>
internal sealed class LipschitzAscent(Judge judge, TorchReplica replica, GloroAuditOptions options)
{
    private const double FirstStep = 0.3, LastStep = 0.01;

    /// <summary>Ascends from a batch of pairs of inputs.</summary>
    /// <exception cref="GloroBrokenCertificateException">A margin is steeper than its bound.</exception>
    public GloroAuditSlope[] Run(IReadOnlyList<SteepestPairs.Entry> starts)
    {
        int size = judge.InputSize;
        using var scope = NewDisposeScope();
        Tensor x = replica.ToTensor(Flat.Join(starts.Select(s => s.X), size)),
            y = replica.ToTensor(Flat.Join(starts.Select(s => s.Y), size));
        Tensor first = RowTensors.Indices(starts.Select(s => s.First)), second = RowTensors.Indices(starts.Select(s => s.Second));
        Tensor best = zeros_like(RowTensors.Norm(x)), bestX = x, bestY = y;
        for (int step = 0; step <= options.LipschitzSteps; step++)
        {
            using var inner = NewDisposeScope();
            Tensor hereX = x.detach().requires_grad_(true), hereY = y.detach().requires_grad_(true);
            Tensor drop = Margin(hereX, first, second) - Margin(hereY, first, second);
            Tensor length = RowTensors.Norm(replica.Unscale(hereX - hereY));
            Tensor slope = drop.abs().reshape(-1, 1, 1, 1) / length.clamp_min(float.Epsilon);
            Tensor value = slope.detach(), distance = length.detach();
            Tensor better = value.greater(best);
            (best, bestX, bestY) = (where(better, value, best).MoveToOuterDisposeScope(), where(better, x, bestX).MoveToOuterDisposeScope(),
                where(better, y, bestY).MoveToOuterDisposeScope());
            IList<Tensor> gradients = autograd.grad([slope.sum()], [hereX, hereY]);
            double share = LastStep + ((FirstStep - LastStep) * 0.5 * (1 + Math.Cos(Math.PI * step / options.LipschitzSteps)));
            x = (x + Step(gradients[0])).detach().MoveToOuterDisposeScope();
            y = (y + Step(gradients[1])).detach().MoveToOuterDisposeScope();

            Tensor Step(Tensor gradient) => replica.Scale(RowTensors.Unit(replica.Scale(gradient)) * distance * share);
        }

        return Measure(starts, RowTensors.ToArray(bestX), RowTensors.ToArray(bestY));
    }

    private Tensor Margin(Tensor inputs, Tensor first, Tensor second)
    {
        Tensor logits = replica.Forward(inputs);
        return logits.gather(1, first) - logits.gather(1, second);
    }

    /// <summary>Recomputes the slopes in float64, because float32 rounding may make a slope look too steep.</summary>
    private GloroAuditSlope[] Measure(IReadOnlyList<SteepestPairs.Entry> starts, float[] x, float[] y)
    {
        int size = judge.InputSize;
        var slopes = new GloroAuditSlope[starts.Count];
        for (int i = 0; i < starts.Count; i++)
        {
            var (first, second) = (starts[i].First, starts[i].Second);
            float[] oneX = x[(i * size)..((i + 1) * size)], oneY = y[(i * size)..((i + 1) * size)];
            double[] logits = judge.ExactLogits([.. oneX, .. oneY]);
            double distance = Distance.Upper(oneX, oneY, judge.Metric), bound = judge.Model.Constants[first, second];
            double drop = Math.Abs(logits[first] - logits[second] - (logits[judge.ClassCount + first] - logits[judge.ClassCount + second]));
            double attained = distance > 0 && double.IsFinite(drop) ? drop / distance : 0;
            var slope = slopes[i] = new GloroAuditSlope
            {
                First = judge.Model.ClassNames[first],
                Second = judge.Model.ClassNames[second],
                Attained = attained,
                Bound = bound,
            };
            if (Judge.IsAbove(attained, bound, distance, logits.Max(Math.Abs)))
            {
                throw new GloroBrokenCertificateException(FormattableString.Invariant(
                    $"The model's bound of the margin Lipschitz constant of classes '{slope.First}' and '{slope.Second}' is {bound:R}, ") +
                    FormattableString.Invariant($"but two inputs at distance {distance:R} attain {attained:R}. ") +
                    "Certificates under that bound are wrong. Do not use the model; prove its bound again from the weights that it has.");
            }
        }

        return slopes;
    }
}
