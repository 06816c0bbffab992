using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// Searches pairs of inputs that are further apart behind the network than the bounds allow. Every quotient is of two true inputs, so one
/// that is too large refutes a bound.
/// </summary>
[TestClass]
public sealed class LipschitzAscentTests
{
    [TestMethod]
    public void Bounds_AgainstPairAscentOnAnImageNetwork_Hold()
    {
        for (int seed = 0; seed < 2; seed++)
            AssertBoundsHold(SmallNetworks.Image(seed), seed, restarts: 1, steps: 8, leastFraction: 0.1);
    }

    [TestMethod]
    public void Bounds_AgainstPairAscentOnAVectorNetwork_Hold()
    {
        for (int seed = 0; seed < 3; seed++)
            AssertBoundsHold(SmallNetworks.Vector(seed), seed, restarts: 5, steps: 25, leastFraction: 0.5);
    }

    private static void AssertBoundsHold(DeployedNetwork network, int seed, int restarts, int steps, double leastFraction)
    {
        LipschitzBound bound = RigorousBound.Compute(network);
        MarginConstants margins = MarginLipschitz.Compute(network, bound);
        var random = new Random(seed);
        double best = 0;
        for (int restart = 0; restart < restarts; restart++)
        {
            double[] x = Values(network.InputShape.Size, random, 1), direction = Values(x.Length, random, 1);
            double ratio = 0;
            for (int step = 0; step < steps; step++)
            {
                // Up the spectral norm in the direction (a step of power iteration by differences), and to a neighbor where it is larger.
                direction = Ascend(network, x, direction);
                double[] neighbor = Sum(x, Values(x.Length, random, 0.3 / (1 + restart)));
                double[] candidate = Ascend(network, neighbor, direction);
                double here = Quotient(network, margins, x, direction), there = Quotient(network, margins, neighbor, candidate);
                (x, direction, ratio) = there > here ? (neighbor, candidate, there) : (x, direction, here);
                Assert.IsLessThanOrEqualTo(bound.Value, ratio);
            }

            best = Math.Max(best, ratio);
        }

        // The search is worth something: it comes near, though the product of norms is never quite reached.
        Assert.IsGreaterThan(leastFraction * bound.Value, best);
    }

    /// <summary>‖f(x+d) − f(x)‖ / ‖d‖ at the penultimate layer; margins of the logits are checked on the way.</summary>
    private static double Quotient(DeployedNetwork network, MarginConstants margins, double[] x, double[] direction)
    {
        double distance = Norm(direction);
        double[] there = Sum(x, direction);
        double[] here = ReferenceForward.Run(network, x), logits = ReferenceForward.Run(network, there);
        for (int i = 0; i < here.Length; i++)
        {
            for (int j = 0; j < i; j++)
                Assert.IsLessThanOrEqualTo(margins[i, j] * distance, Math.Abs(logits[j] - logits[i] - (here[j] - here[i])));
        }

        int penultimate = network.Layers.Count - 1;
        double[] difference = Difference(ReferenceForward.Run(network, there, penultimate), ReferenceForward.Run(network, x, penultimate));
        return Norm(difference) / distance;
    }

    /// <summary>JᵀJ·direction by forward differences, at length 10⁻³.</summary>
    private static double[] Ascend(DeployedNetwork network, double[] x, double[] direction)
    {
        const double Length = 1e-3;
        int penultimate = network.Layers.Count - 1;
        double[] center = ReferenceForward.Run(network, x, penultimate);
        double[] image = Difference(ReferenceForward.Run(network, Sum(x, direction), penultimate), center);
        var gradient = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double[] moved = [.. x];
            moved[i] += 1e-6;
            gradient[i] = Difference(ReferenceForward.Run(network, moved, penultimate), center).Zip(image, (a, b) => a * b).Sum();
        }

        double norm = Norm(gradient);
        return norm == 0 ? direction : Array.ConvertAll(gradient, value => value / norm * Length);
    }

    private static double[] Values(int count, Random random, double scale) =>
        [.. Enumerable.Range(0, count).Select(_ => scale * ((2 * random.NextDouble()) - 1))];

    private static double[] Sum(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];

    private static double[] Difference(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a - b)];

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(value => value * value));
}
