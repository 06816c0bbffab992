using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Attacks certified rows within their certified radius, on the pair of classes that limits it. Later starts use random points of the ball;
/// from the third start on, they also use the next pairs. The attack may leave the range of pixel values, because certificates hold in all
/// of Rⁿ.
/// </summary>
internal sealed class CertificateAttack(Judge judge, TorchReplica replica, Findings findings, SteepestPairs steepest,
    GloroAuditOptions options)
{
    // Pairs that allow more than this multiple of the radius are skipped: breaking one requires a bound that is wrong by this factor.
    private const double FarPair = 1.5;

    private readonly ProjectedAscent _ascent = new(replica, options.Steps);

    /// <summary>Attacks a batch of certified rows.</summary>
    /// <returns>For each row, the largest fraction of an attacked margin that was consumed; 1 is a tie.</returns>
    public double[] Run(IReadOnlyList<AuditRow> rows)
    {
        int size = judge.InputSize;
        float[] centers = Flat.Join(rows.Select(r => r.Point.Input), size);
        float[] radii = [.. rows.Select(r => (float)Reach(r.Point, judge.Metric))];
        var pairs = rows.Select(r => judge.LimitingPairs(r.Point, options.Restarts)).ToList();
        double[] consumed = new double[rows.Count];
        for (int start = 0; start < options.Restarts; start++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            ClassPair[] attacked = [.. pairs.Select((p, row) => Choose(p, start))];
            using var scope = NewDisposeScope();
            Tensor inside = RowTensors.Indices(attacked.Select(p => p.Inside)),
                outside = RowTensors.Indices(attacked.Select(p => p.Outside));
            float[] changed = _ascent.Run(centers, Starts(rows, radii, start), radii, logits =>
                (logits.gather(1, outside) - logits.gather(1, inside)).squeeze(1));
            for (int row = 0; row < rows.Count; row++)
                Distance.Pull(
                    rows[row].Point.Input, changed.AsSpan(row * size, size), Reach(rows[row].Point, judge.Metric), judge.Metric);
            float[] found = judge.Score(changed);
            for (int row = 0; row < rows.Count; row++)
                consumed[row] =
                    Math.Max(
                    consumed[row],
                    Weigh(rows[row], attacked[row], changed[(row * size)..((row + 1) * size)],
                    found.AsSpan(row * judge.ClassCount, judge.ClassCount)));
        }

        return consumed;
    }

    /// <summary>
    /// The certified radius, limited to what float32 can attack: a network that ignores its input has an infinite radius.
    /// </summary>
    public static double Reach(CertifiedPoint point, InputMetric? metric) => Math.Min(
        point.Radius,
        1e6 * (1 + Math.Sqrt(Distance.SumOfSquares(point.Input, new float[point.Input.Length]))) / (metric?.Largest ?? 1));

    private double Weigh(AuditRow row, ClassPair pair, float[] changed, ReadOnlySpan<float> logits)
    {
        findings.Weigh(row, row.Point, changed, logits);
        double margin = row.Point.Margin(pair), drop = margin - ((double)logits[pair.Inside] - logits[pair.Outside]);
        double distance = Distance.Upper(row.Point.Input, changed, judge.Metric);
        if (!double.IsFinite(drop) || distance == 0)
            return 0;
        steepest.Add(pair.Inside, pair.Outside, drop / (distance * judge.Model.Constants[pair.Inside, pair.Outside]), row.Point.Input,
            changed);
        return drop / margin;
    }

    private static ClassPair Choose(List<(ClassPair Pair, double Allows)> pairs, int start)
    {
        int next = start / 2;
        return start > 1 && next < pairs.Count && pairs[next].Allows < FarPair * pairs[0].Allows ? pairs[next].Pair : pairs[0].Pair;
    }

    private float[] Starts(IReadOnlyList<AuditRow> rows, float[] radii, int start)
    {
        int size = judge.InputSize;
        var starts = new float[rows.Count * size];
        for (int row = 0; row < rows.Count && start > 0; row++)
        {
            Random random = RandomStart.Source(options.Seed, rows[row].Number, start);
            double length = start % 2 == 1 ? 1 : random.NextDouble(); // on the sphere, then within
            RandomStart.Fill(starts.AsSpan(row * size, size), random, length * radii[row], judge.Metric);
        }

        return starts;
    }
}
