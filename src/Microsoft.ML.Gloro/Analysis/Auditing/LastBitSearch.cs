using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// Attacks a point with a tiny certified radius by changing the last bits of its values: one unit in the last place, in random patterns and
/// along the gradient, as many values as the radius allows, each batch from the best input so far. Rounding errors can consume a margin of
/// a few units (Jia and Rinard, 2021; Jin et al., 2022).
/// </summary>
internal sealed class LastBitSearch(Judge judge, TorchReplica replica, Findings findings, GloroAuditOptions options)
{
    private const int Together = 40;
    private const double AlongGradient = 0.75;

    /// <summary>Inputs tried.</summary>
    public long Trials { get; private set; }

    /// <summary>Points at which rounding alone broke a certificate.</summary>
    public int BrokenPoints { get; private set; }

    /// <summary>Attacks a certified point. Stops at the first success.</summary>
    /// <returns>False if no other float32 input lies within its radius.</returns>
    public bool Run(AuditRow row, CertifiedPoint point)
    {
        if (!(options.LastBitTrials > 0) || Lattice.IsEmpty(point, judge.Metric))
            return false;
        var lattice = new Lattice(point, Gradient(point), judge.Metric);
        Random random = RandomStart.Source(options.Seed, row.Number, -1);
        float[] best = lattice.Greedy(), straight = lattice.Straight();
        double lowest = double.PositiveInfinity;
        for (int done = 0; done < options.LastBitTrials; done += Together)
        {
            int count = Math.Min(Together, options.LastBitTrials - done);
            float[][] inputs = [.. Enumerable.Range(0, count).Select(i => (done + i) switch
            {
                0 => best,
                1 => straight,
                _ => lattice.Mutate(i % 4 == 3 ? point.Input : best, random),
            })];
            float[] logits = judge.Score(Flat.Join(inputs, judge.InputSize));
            Trials += count;
            for (int i = 0; i < count; i++)
            {
                var y = logits.AsSpan(i * judge.ClassCount, judge.ClassCount);
                if (findings.Weigh(row, point, inputs[i], y))
                {
                    BrokenPoints++;
                    return true;
                }

                double margin = Judge.SetMargin(point, y);
                if (margin < lowest)
                    (lowest, best) = (margin, inputs[i]);
            }
        }

        return true;
    }

    /// <summary>The gradient of the margin that limits the radius; the attack moves against it.</summary>
    private float[] Gradient(CertifiedPoint point)
    {
        using var scope = NewDisposeScope();
        ClassPair pair = judge.LimitingPairs(point, 1)[0].Pair;
        Tensor x = replica.ToTensor(point.Input).requires_grad_(true);
        Tensor logits = replica.Forward(x);
        return RowTensors.ToArray(autograd.grad([(logits.select(1, pair.Inside) - logits.select(1, pair.Outside)).sum()], [x])[0]);
    }

    /// <summary>The float32 inputs within the certified radius of a point, one unit in the last place from each other.</summary>
    private sealed class Lattice
    {
        private readonly CertifiedPoint _point;
        private readonly float[] _gradient;
        private readonly InputMetric? _metric;
        private readonly double _budget;
        private readonly int[] _movable;

        public Lattice(CertifiedPoint point, float[] gradient, InputMetric? metric)
        {
            (_point, _gradient, _metric, _budget) = (point, gradient, metric, Budget(point));
            _movable = [.. Movable(point, metric)];
        }

        /// <summary>Whether no value of <paramref name="point"/> can move by its last bit within the radius.</summary>
        public static bool IsEmpty(CertifiedPoint point, InputMetric? metric) => !Movable(point, metric).Any();

        /// <summary>Moves against the gradient, starting with the values that lower the margin most per length.</summary>
        public float[] Greedy()
        {
            float[] input = [.. _point.Input];
            double used = 0;
            foreach (int i in _movable.OrderByDescending(i =>
                Math.Abs(_gradient[i]) / Math.Sqrt(Square(Moved(input[i], LeastStep(_point, _metric, i), up: true), i))))
                Move(input, i, _gradient[i] < 0, ref used);
            return input;
        }

        /// <summary>
        /// Moves against the gradient as far as the radius allows, then rounds. At this scale the network is linear, so a gradient attack
        /// ends here.
        /// </summary>
        public float[] Straight()
        {
            // In the metric the gradient is D·g, and a step along it moves the input by D times that.
            double[] steepest = [.. _gradient.Select((g, i) => g * Unit(_metric, i))];
            double length = Math.Sqrt(steepest.Sum(g => g * g));
            float[] input = length > 0
                ? [.. _point.Input.Select((x, i) => (float)(x - (_point.Radius / length * steepest[i] * Unit(_metric, i))))]
                : [.. _point.Input];
            Distance.Pull(_point.Input, input, _point.Radius, _metric);
            return input;
        }

        /// <summary>Moves a random number of values one step up or down, mostly against the gradient.</summary>
        public float[] Mutate(float[] from, Random random)
        {
            float[] input = [.. from];
            double used = Distance.SumOfSquares(input, _point.Input, _metric);
            int moves = 1 << random.Next(0, (int)Math.Log2(_movable.Length) + 1);
            for (int move = 0; move < moves; move++)
            {
                int i = _movable[random.Next(_movable.Length)];
                bool down = _gradient[i] < 0;
                Move(input, i, random.NextDouble() < AlongGradient ? down : !down, ref used);
            }

            return input;
        }

        private void Move(float[] input, int i, bool up, ref double used)
        {
            float value = Moved(input[i], LeastStep(_point, _metric, i), up);
            double then = used - Square(input[i], i) + Square(value, i);
            if (then >= _budget)
                return;
            (input[i], used) = (value, then);
        }

        private double Square(float value, int i)
        {
            double difference = ((double)value - _point.Input[i]) / Unit(_metric, i);
            return difference * difference;
        }

        private static IEnumerable<int> Movable(CertifiedPoint point, InputMetric? metric)
        {
            double budget = Budget(point);
            return Enumerable.Range(0, point.Input.Length).Where(i => Unit(metric, i) > 0 && Math.Pow(
                ((double)Moved(point.Input[i], LeastStep(point, metric, i), up: true) - point.Input[i]) / Unit(metric, i), 2) < budget);
        }

        private static double Budget(CertifiedPoint point) => (double)point.Radius * point.Radius * (1 - (1e-12 * point.Input.Length));

        // Values near zero have last bits too small to matter.
        private static double LeastStep(CertifiedPoint point, InputMetric? metric, int i) =>
            point.Radius / Math.Sqrt(point.Input.Length) * Unit(metric, i);

        // The change of value i at distance 1.
        private static double Unit(InputMetric? metric, int i) => metric?.Tolerances[i] ?? 1;

        private static float Moved(float value, double leastStep, bool up)
        {
            float bit = up ? MathF.BitIncrement(value) : MathF.BitDecrement(value);
            float step = (float)(up ? value + leastStep : value - leastStep);
            return Math.Abs(step - value) > Math.Abs(bit - value) ? step : bit;
        }
    }
}
