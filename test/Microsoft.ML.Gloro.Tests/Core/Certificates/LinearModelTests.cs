namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// For a linear model (κ = 1) the certified radius is not only a lower bound: it is the distance to the nearest input with another top-k
/// set.
/// </summary>
[TestClass]
public sealed class LinearModelTests
{
    private const double Slightly = 1e-6;

    [TestMethod]
    public void ComputeRadii_LinearModel_StepWithinKeepsTheSetAndStepBeyondChangesIt()
    {
        var random = new Random(11);
        var checkedSets = 0;
        for (var model = 0; model < 400; model++)
        {
            var (classes, inputs) = (random.Next(2, 9), random.Next(1, 12));
            // Whole numbers and eighths, so that the logits are exact floats and the model has no rounding of its own.
            var weights = Enumerable.Range(0, classes)
                .Select(_ => Enumerable.Range(0, inputs).Select(_ => (double)random.Next(-9, 10)).ToArray()).ToArray();
            var bias = Enumerable.Range(0, classes).Select(_ => (double)random.Next(-9, 10)).ToArray();
            var constants = new double[classes, classes];
            foreach (var (i, j) in from i in Enumerable.Range(0, classes) from j in Enumerable.Range(0, classes) select (i, j))
                constants[i, j] = i == j ? 0 : Math.BitIncrement(Norm(Subtract(weights[i], weights[j])));
            var bound = Rows.Bind(constants);

            for (var point = 0; point < 10; point++)
            {
                var x = Enumerable.Range(0, inputs).Select(_ => random.Next(-16, 17) / 8.0).ToArray();
                var exact = Logits(weights, bias, x);
                var logits = exact.Select(y => (float)y).ToArray();
                CollectionAssert.AreEqual(exact, logits.Select(y => (double)y).ToArray());
                var order = Rows.Order(logits);
                var radii = Rows.Radii(logits, bound, classes - 1);
                for (var k = 1; k < classes; k++)
                {
                    double radius = radii[k - 1];
                    if (radius is 0 or float.MaxValue)
                        continue;
                    checkedSets++;
                    var set = order[..k];
                    var (j, i) = (from inside in set
                                  from outside in order[k..]
                                  where Norm(Subtract(weights[outside], weights[inside])) > 0
                                  orderby (exact[inside] - exact[outside]) / constants[inside, outside]
                                  select (inside, outside)).First();
                    var limiting = Subtract(weights[i], weights[j]);

                    Assert.IsTrue(
                        IsTopSet(set, Logits(weights, bias, Step(x, limiting, radius * (1 - Slightly)))),
                        "A step within the radius changed the set.");
                    Assert.IsFalse(
                        IsTopSet(set, Logits(weights, bias, Step(x, limiting, radius * (1 + Slightly)))),
                        "A step beyond the radius did not change the set.");
                    for (var direction = 0; direction < 5; direction++)
                    {
                        var any = Enumerable.Range(0, inputs).Select(_ => Rows.Normal(random)).ToArray();
                        Assert.IsTrue(
                            IsTopSet(set, Logits(weights, bias, Step(x, any, radius * (1 - Slightly)))),
                            "A step in a random direction changed the set.");
                    }
                }
            }
        }
        Assert.IsGreaterThan(5_000, checkedSets);
    }

    [TestMethod]
    public void ReachableLabels_LinearModel_HoldEveryTopClassWithinEpsilon()
    {
        var random = new Random(12);
        var changed = 0;
        for (var row = 0; row < 2_000; row++)
        {
            var (classes, inputs) = (random.Next(2, 7), random.Next(1, 6));
            var weights = Enumerable.Range(0, classes)
                .Select(_ => Enumerable.Range(0, inputs).Select(_ => (double)random.Next(-9, 10)).ToArray()).ToArray();
            var constants = new double[classes, classes];
            foreach (var (i, j) in from i in Enumerable.Range(0, classes) from j in Enumerable.Range(0, classes) select (i, j))
                constants[i, j] = i == j ? 0 : Math.BitIncrement(Norm(Subtract(weights[i], weights[j])));
            var x = Enumerable.Range(0, inputs).Select(_ => random.Next(-16, 17) / 8.0).ToArray();
            var logits = Logits(weights, new double[classes], x).Select(y => (float)y).ToArray();
            var epsilon = random.NextSingle();
            var reachable = Rows.Reachable(logits, Rows.Bind(constants), epsilon);
            for (var direction = 0; direction < 20; direction++)
            {
                var any = Enumerable.Range(0, inputs).Select(_ => Rows.Normal(random)).ToArray();
                var there = Logits(weights, new double[classes], Step(x, any, epsilon * random.NextDouble()));
                var top = Array.IndexOf(there, there.Max());
                changed += top == reachable[0] ? 0 : 1;
                CollectionAssert.Contains(reachable, top);
            }
        }
        Assert.IsGreaterThan(1_000, changed);
    }

    private static bool IsTopSet(int[] set, double[] logits) =>
        set.Min(j => logits[j]) > Enumerable.Range(0, logits.Length).Except(set).Max(i => logits[i]);

    private static double[] Logits(double[][] weights, double[] bias, double[] x) =>
        [.. weights.Select((row, c) => row.Zip(x, (w, v) => w * v).Sum() + bias[c])];

    private static double[] Step(double[] x, double[] direction, double length)
    {
        var norm = Norm(direction);
        return [.. x.Zip(direction, (v, d) => v + (length * d / norm))];
    }

    private static double[] Subtract(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];

    private static double Norm(double[] v) => Math.Sqrt(v.Sum(x => x * x));
}
