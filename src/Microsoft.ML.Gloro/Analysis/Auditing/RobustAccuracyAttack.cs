namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Attacks rows at the model's ε that are right but not certified. The rows that stay right give an upper bound of the robust accuracy, as
/// VRA gives a lower bound.
/// </summary>
internal sealed class RobustAccuracyAttack(Judge judge, TorchReplica replica, Findings findings, LabelGoal goal, GloroAuditOptions options)
{
    private readonly ProjectedAscent _ascent = new(replica, options.Steps);

    /// <summary>Attacks a batch of rows.</summary>
    /// <returns>For each row, whether an attack made it wrong.</returns>
    public bool[] Run(IReadOnlyList<AuditRow> rows)
    {
        bool[] beaten = new bool[rows.Count];
        for (int start = 0; start < options.Restarts; start++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();

            // Beaten rows need no further attack.
            int[] left = [.. Enumerable.Range(0, rows.Count).Where(row => !beaten[row])];
            if (left.Length > 0)
                Attack(left, rows, start, beaten);
        }

        return beaten;
    }

    private void Attack(int[] left, IReadOnlyList<AuditRow> rows, int start, bool[] beaten)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        int size = judge.InputSize;
        float epsilon = judge.Model.Epsilon;
        var starts = new float[left.Length * size];
        for (int i = 0; i < left.Length && start > 0; i++)
        {
            Random random = RandomStart.Source(options.Seed, rows[left[i]].Number, -1 - start);
            RandomStart.Fill(starts.AsSpan(i * size, size), random, epsilon * (start % 2 == 1 ? 1 : random.NextDouble()), judge.Metric);
        }

        int[]? rivals = start > 0 && goal.NeededRivals == 1 ? [.. left.Select(row => Rival(rows[row], start - 1))] : null;
        float[] centers = Flat.Join(left.Select(row => rows[row].Point.Input), size), radii = [.. left.Select(_ => epsilon)];
        float[] changed = _ascent.Run(centers, starts, radii, goal.Beat([.. left.Select(row => rows[row].Label)], rivals));
        double limit = Math.BitIncrement((double)epsilon); // the ball is closed
        for (int i = 0; i < left.Length; i++)
            Distance.Pull(rows[left[i]].Point.Input, changed.AsSpan(i * size, size), limit, judge.Metric);
        float[] logits = judge.Score(changed);
        for (int i = 0; i < left.Length; i++)
        {
            AuditRow row = rows[left[i]];
            var y = logits.AsSpan(i * judge.ClassCount, judge.ClassCount);
            beaten[left[i]] = !goal.IsRight(y, row.Label);
            if (row.Point.K > 0)
                findings.Weigh(row, row.Point, changed[(i * size)..((i + 1) * size)], y);
        }
    }

    /// <summary>The class at this place when classes are ordered by the distance at which they could beat the label.</summary>
    private int Rival(AuditRow row, int place)
    {
        bool[] spared = goal.Spared(row.Label);
        int[] rivals = [.. Enumerable.Range(0, judge.ClassCount).Where(i => !spared[i]).OrderBy(i => Gap(row, i))];
        return rivals.Length == 0 ? row.Point.Order.First(i => i != row.Label) : rivals[place % rivals.Length];
    }

    private double Gap(AuditRow row, int rival) =>
        ((double)row.Point.Logits[row.Label] - row.Point.Logits[rival]) / judge.Model.Constants[row.Label, rival];
}
