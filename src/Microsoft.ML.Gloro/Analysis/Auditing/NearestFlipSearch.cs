using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Searches the nearest input with another top-k set, at any distance. The search moves on a sphere that shrinks while the set is changed
/// and grows while it is not (Rony et al., DDN, 2019; Pintor et al., FMN, 2021). Until the first success, it grows to where the linearized
/// margin reaches 0.
/// </summary>
internal sealed class NearestFlipSearch(TorchReplica replica, InputMetric? metric, int steps)
{
    private const double FirstShare = 0.5, LastShare = 0.02, FirstRate = 0.05, LastRate = 0.002, Overshoot = 1.02;

    /// <summary>
    /// For each certified point, the change that crosses the decision boundary; null if none was found. Uses the replica's arithmetic, so
    /// the judge may differ slightly.
    /// </summary>
    public float[]?[] Run(IReadOnlyList<CertifiedPoint> points)
    {
        int rows = points.Count, size = replica.InputShape.Size;
        using var scope = NewDisposeScope();
        Tensor x = replica.ToTensor(Flat.Join(points.Select(p => p.Input), size)), inside = Masks(points), change = zeros_like(x);
        float[] spheres = [.. points.Select(p => (float)CertificateAttack.Reach(p, metric))];
        float[] nearest = [.. Enumerable.Repeat(float.PositiveInfinity, rows)];
        var best = new float[]?[rows];
        for (int step = 0; step <= steps; step++)
        {
            using var inner = NewDisposeScope();
            Tensor here = (x + replica.Scale(change)).detach().requires_grad_(true);
            Tensor excess = Excess(replica.Forward(here), inside);
            Tensor gradient = replica.Scale(autograd.grad([excess.sum()], [here])[0]).detach();
            float[] values = RowTensors.ToArray(excess), slopes = RowTensors.ToArray(RowTensors.Norm(gradient)),
                lengths = RowTensors.ToArray(RowTensors.Norm(change));
            double share = Fall(FirstShare, LastShare, step), rate = Fall(FirstRate, LastRate, step);
            for (int row = 0; row < rows; row++)
            {
                if (values[row] > 0 && lengths[row] < nearest[row])
                    (nearest[row], best[row]) = (lengths[row], RowTensors.ToArray(replica.Scale(change[row])));
                spheres[row] = Next(spheres[row], values[row], slopes[row], lengths[row], nearest[row], rate);
            }

            Tensor sphere = RowTensors.Column(spheres);
            Tensor moved = change + (RowTensors.Unit(gradient) * sphere * (step == 0 ? 1 : share));
            change = (RowTensors.Unit(moved) * sphere).detach().MoveToOuterDisposeScope();
        }

        return best;
    }

    private static float Next(float sphere, float value, float slope, float length, float nearest, double rate)
    {
        double next = value > 0 ? Math.Min(sphere, length) * (1 - rate)
            : float.IsFinite(nearest) ? Math.Min(sphere * (1 + rate), nearest)
            : Math.Clamp(length + (-value / (double)slope), sphere, 2.0 * sphere) * Overshoot;
        return double.IsFinite(next) ? (float)next : sphere;
    }

    private double Fall(double first, double last, int step) => last + ((first - last) * 0.5 * (1 + Math.Cos(Math.PI * step / steps)));

    /// <summary>The highest logit outside F^k minus the lowest inside: positive if and only if the set has changed.</summary>
    private static Tensor Excess(Tensor logits, Tensor inside) =>
        logits.masked_fill(inside, float.NegativeInfinity).amax([1]) - logits.masked_fill(inside.logical_not(), float.PositiveInfinity)
            .amin([1]);

    private Tensor Masks(IReadOnlyList<CertifiedPoint> points)
    {
        bool[] masks = new bool[points.Count * replica.ClassCount];
        for (int row = 0; row < points.Count; row++)
        {
            foreach (int label in points[row].Inside)
                masks[(row * replica.ClassCount) + label] = true;
        }

        return tensor(masks, [points.Count, replica.ClassCount]);
    }
}
