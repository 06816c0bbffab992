using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Projected gradient ascent in L2 (PGD, Madry et al., 2018): normalized gradient steps, projected onto the ball around the row. The step
/// size falls from the radius along a cosine. Within a certified radius a Lipschitz network is nearly linear, so the first step covers the
/// whole radius, and the small last steps choose the best linear piece. On a trained EuroSAT network, one step consumes 0.588 of the
/// certified margin (mean over rows), ten 0.6055, twenty 0.6062; sixty equal steps of 2.5·r/60 reach 0.6059.
/// </summary>
/// <param name="replica">The network.</param>
/// <param name="steps">The number of steps.</param>
/// <param name="keepsPixels">
/// Whether values stay within [0, 1]. Rows that lie within it come no farther from their center by that.
/// </param>
internal sealed class ProjectedAscent(TorchReplica replica, int steps, bool keepsPixels = false)
{
    private const double LeastStep = 0.05;

    /// <summary>The best input found for each row.</summary>
    /// <param name="centers">The rows, one after the other.</param>
    /// <param name="starts">The starting points, relative to the centers, in the network's metric.</param>
    /// <param name="radii">The radii of the balls in that metric. Float32 rounding may overstep them.</param>
    /// <param name="objective">Maps logits, [rows, classes], to the values to maximize, [rows].</param>
    public float[] Run(float[] centers, float[] starts, float[] radii, Func<Tensor, Tensor> objective)
    {
        using var scope = NewDisposeScope();
        Tensor x = replica.ToTensor(centers), radius = RowTensors.Column(radii), change = replica.ToTensor(starts);
        Tensor best = change, bestValue = full_like(radius, float.NegativeInfinity);
        for (int step = 0; step <= steps; step++)
        {
            using var inner = NewDisposeScope();
            Tensor here = (x + replica.Scale(change)).detach().requires_grad_(step < steps);
            Tensor values = objective(replica.Forward(here));
            Tensor column = values.detach().reshape(-1, 1, 1, 1);
            best = where(column.greater(bestValue), change, best).MoveToOuterDisposeScope();
            bestValue = maximum(column, bestValue).MoveToOuterDisposeScope();
            if (step == steps)
                break;
            Tensor gradient = replica.Scale(autograd.grad([values.sum()], [here])[0]);
            double share = Math.Max(LeastStep, Math.Cos(Math.PI / 2 * step / steps));
            Tensor next = RowTensors.Project(change + (RowTensors.Unit(gradient) * radius * share), radius);
            change = (keepsPixels ? (x + next).clamp(0, 1) - x : next).detach().MoveToOuterDisposeScope();
        }

        return RowTensors.ToArray(x + replica.Scale(best));
    }
}
