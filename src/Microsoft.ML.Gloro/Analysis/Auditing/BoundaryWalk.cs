namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Walks from certified rows to the nearest decision boundary that a gradient search finds. Bisects until the scoring graph gives the
/// original top-k set for one float32 input and a different set for its neighbor. Inputs there have margins of a few last bits and tiny
/// certified radii, so rounding would break certificates there first.
/// </summary>
internal sealed class BoundaryWalk(Judge judge, TorchReplica replica, Findings findings, LastBitSearch lastBits, AuditClock clock,
    GloroAuditOptions options)
{
    private const int StepsPerAttackStep = 3, MostBisections = 60;

    // The number of points attacked on each side of the boundary: the nearest ones that are certified and have other float32 inputs within
    // their radius. The last input of the bisection may be one; u·‖x‖, the size of float32 rounding errors, sets the distance of the
    // others.
    private const int PointsOfASide = 2;
    private const double UnitRoundoff = 1.0 / (1 << 24);

    private static readonly double[] s_asides = [0, 1, 4, 16, 64, 256];

    private static readonly double[] s_furtherFactors = [1, 1.001, 1.01, 1.1, 1.5];

    private readonly NearestFlipSearch _search = new(replica, judge.Metric, StepsPerAttackStep * options.Steps);

    /// <summary>Rows whose boundary was found.</summary>
    public int Rows { get; private set; }

    /// <summary>Certified points near a boundary that were attacked.</summary>
    public int Points { get; private set; }

    /// <summary>Walks from a batch of certified rows.</summary>
    public void Run(IReadOnlyList<AuditRow> rows)
    {
        var changes = _search.Run([.. rows.Select(r => r.Point)]);
        List<Walk> walks =
            Go(rows.Zip(changes).Where(p => p.Second is not null)
            .Select(p => new Walk(p.First, p.Second!, float.NegativeInfinity, float.PositiveInfinity)));
        Rows += walks.Count;
        if (options.LastBitTrials == 0)
            return;

        // Images outside [0, 1] are not certified, so points near the boundary must lie within.
        if (judge.Model.IsImage)
            walks = Go(walks.Select(w => w.Within(0, 1)));

        foreach (Walk walk in walks)
        {
            foreach (int side in new[] { -1, 1 })
            {
                if (!clock.HasTime())
                    return;
                Points += judge.Certify(Beside(walk, side)).Where(point => point.K > 0 && lastBits.Run(walk.Row, point)).Take(PointsOfASide)
                    .Count();
            }
        }
    }

    private List<Walk> Go(IEnumerable<Walk> starts)
    {
        List<Walk> walks = [.. starts];
        Cross(walks);
        walks.RemoveAll(w => !w.HasCrossed);
        Bisect(walks);
        return walks;
    }

    /// <summary>Crosses the judge's boundary, which may lie slightly beyond the replica's.</summary>
    private void Cross(List<Walk> walks)
    {
        foreach (double factor in s_furtherFactors)
        {
            Walk[] left = [.. walks.Where(w => !w.HasCrossed)];
            Ask(left, w => factor, (walk, isFlip) => (walk.High, walk.HasCrossed) = (factor, isFlip));
        }
    }

    private void Bisect(List<Walk> walks)
    {
        for (int i = 0; i < MostBisections; i++)
        {
            Walk[] open = [.. walks.Where(w => !w.IsClosed)];
            Ask(open, w => (w.Low + w.High) / 2, (walk, isFlip) =>
            {
                double middle = (walk.Low + walk.High) / 2;
                if (isFlip)
                    walk.High = middle;
                else
                    walk.Low = middle;
            });
        }
    }

    private void Ask(Walk[] walks, Func<Walk, double> at, Action<Walk, bool> answer)
    {
        if (walks.Length == 0)
            return;
        float[][] inputs = [.. walks.Select(w => w.At(at(w)))];
        float[] logits = judge.Score(Flat.Join(inputs, judge.InputSize));
        for (int i = 0; i < walks.Length; i++)
        {
            var y = logits.AsSpan(i * judge.ClassCount, judge.ClassCount);
            findings.Weigh(walks[i].Row, walks[i].Row.Point, inputs[i], y);
            answer(walks[i], judge.IsFlip(walks[i].Row.Point, y));
        }
    }

    private static float[][] Beside(Walk walk, int side)
    {
        float[] x = walk.Row.Point.Input;
        double length = Math.Sqrt(Distance.SumOfSquares(walk.At(walk.High), x)),
            scale = Math.Sqrt(Distance.SumOfSquares(x, new float[x.Length]));
        double unit = length > 0 ? UnitRoundoff * scale / length * walk.High : 0;
        return [.. s_asides.Select(aside => walk.At(side < 0 ? walk.Low - (aside * unit) : walk.High + (aside * unit)))];
    }

    /// <summary>The line from a row across its boundary, with the interval that still holds the boundary.</summary>
    private sealed class Walk(AuditRow row, float[] change, float lowest, float highest)
    {
        public AuditRow Row { get; } = row;

        public double Low { get; set; }

        public double High { get; set; }

        public bool HasCrossed { get; set; }

        /// <summary>Whether no float32 input lies between the two ends.</summary>
        public bool IsClosed => At(Low).AsSpan().SequenceEqual(At((Low + High) / 2))
            || At(High).AsSpan().SequenceEqual(At((Low + High) / 2));

        public float[] At(double t)
        {
            float[] x = Row.Point.Input;
            var there = new float[x.Length];
            for (int i = 0; i < x.Length; i++)
                there[i] = (float)Math.Clamp(x[i] + (t * change[i]), lowest, highest);
            return there;
        }

        public Walk Within(float least, float most) => new(Row, change, least, most);
    }
}
