using Microsoft.ML.Gloro.Guarantees;

namespace Microsoft.ML.Gloro.Tests.Guarantees;

[TestClass]
public sealed class BottomLogitTests
{
    [TestMethod]
    public void Value_LocalOrRelaxedTop1_IsGloroExactly()
    {
        var random = new Random(21);
        for (var row = 0; row < 10_000; row++)
        {
            var classes = random.Next(2, 12);
            var logits = Rows.Logits(random, classes, finite: true);
            var constants = Rows.Constants(random, classes);
            var epsilon = random.NextDouble();
            var top = Rows.Order(logits)[0];
            var gloro = Enumerable.Range(0, classes).Where(i => i != top).Max(i => logits[i] + (epsilon * constants[i, top]));

            var guarantee = Rows.Bind(row % 2 == 0 ? RobustnessGuarantee.Local : RobustnessGuarantee.RelaxedTopK(1), classes);
            var (selection, value) = Bottom(logits, Rows.Bind(constants), guarantee, epsilon);

            Assert.AreEqual(top, selection.Inside);
            Assert.AreEqual(1, selection.K);
            // One unit in the last place: two outside classes may differ by less than the margin can tell. Beside a huge top logit that unit is the top logit's.
            Assert.AreEqual(gloro, value, MarginConstants.Smallest + (2e-16 * Math.Max(Math.Abs(gloro), Math.Abs((double)logits[top]))));
        }
    }

    [TestMethod]
    public void Value_EveryGuarantee_EqualsOracle()
    {
        var random = new Random(22);
        int allowedRows = 0, relaxed = 0;
        for (var row = 0; row < 10_000; row++)
        {
            var classes = random.Next(2, 7);
            var logits = Rows.Logits(random, classes, finite: true);
            var constants = Rows.Constants(random, classes);
            var epsilon = random.NextDouble();
            var (guarantee, allows) = Guarantee(random, classes);

            var bound = Rows.Bind(guarantee, classes);
            var (selection, value) = Bottom(logits, Rows.Bind(constants), bound, epsilon);

            var truth = Oracle.Bottom(logits, constants, epsilon, allows);
            Assert.AreEqual(truth is not null, selection.IsAllowed);
            truth ??= Oracle.Bottom(logits, constants, epsilon, set => int.PopCount(set) == 1);
            var tolerance = 1e-15 * (1 + logits.Max(y => Math.Abs((double)y)) + (epsilon * constants.Cast<double>().Max()));
            if (!(Math.Abs(truth!.Value - value) <= tolerance))
                Assert.Fail($"{value}, not {truth}, for {guarantee}: {string.Join(' ', logits)}");
            Assert.AreEqual(selection.Margin, logits[selection.Top] - value, tolerance);
            CollectionAssert.Contains(Rows.Order(logits)[..selection.K], selection.Inside);
            CollectionAssert.Contains(Rows.Order(logits)[selection.K..], selection.Outside);
            Assert.AreEqual(selection.IsAllowed, bound.Allows(Rows.Order(logits), selection.K));
            allowedRows += selection.IsAllowed ? 1 : 0;
            relaxed += selection.K > 1 ? 1 : 0;
        }
        Assert.IsGreaterThan(2_000, Math.Min(allowedRows, relaxed));
        Assert.IsLessThan(9_800, allowedRows);
    }

    [TestMethod]
    public void Value_BelowTopLogit_ExactlyWhereTheCertificateHolds()
    {
        var random = new Random(23);
        int certified = 0, compared = 0;
        for (var row = 0; row < 20_000; row++)
        {
            var classes = random.Next(2, 7);
            var logits = Rows.Logits(random, classes, finite: true);
            var constants = Rows.Bind(Rows.Constants(random, classes));
            var epsilon = random.Next(5) == 0 ? 0 : random.NextSingle();
            var guarantee = Rows.Bind(Guarantee(random, classes).Guarantee, classes);

            var radii = Rows.Radii(logits, constants, classes - 1);
            var set = Certificate.Evaluate(guarantee, Rows.Order(logits), radii, epsilon);
            var (selection, value) = Bottom(logits, constants, guarantee, epsilon);
            var below = selection.IsAllowed && selection.Margin > 0;
            // Beside a top logit of 1, a margin of 1e-38 cannot be seen in y_⊥; the margin itself shows it.
            var ordinary = logits.All(y => y == 0 || Math.Abs(y) is > 1e-6f and < 1e6f);
            if (ordinary && selection.IsAllowed)
                Assert.AreEqual(below, value < logits[selection.Top]);

            if (set.LoosestK > 0)
                Assert.IsTrue(below, $"Certified to {set.Radius} at {epsilon}, but y_⊥ {value} is not below {logits[selection.Top]}.");
            // A certificate may be lost to rounding, but only within a rounding of ε, or where a margin is so small that the radius is no float.
            else if (set.Radius < epsilon * (1 - 1e-6f) || (epsilon == 0 && ordinary))
                Assert.IsFalse(below, $"Radius {set.Radius} at {epsilon}, but y_⊥ {value} is below {logits[selection.Top]}.");
            else
                continue;
            compared++;
            certified += set.LoosestK > 0 ? 1 : 0;
        }
        Assert.IsGreaterThan(19_000, compared);
        Assert.IsGreaterThan(4_000, certified);
    }

    [TestMethod]
    public void Gradient_AwayFromKinks_EqualsFiniteDifferences()
    {
        const float Step = 1f / 1024;   // the logits are multiples of it, so that a step is exact
        var random = new Random(24);
        var compared = 0;
        for (var row = 0; row < 3_000; row++)
        {
            var classes = random.Next(2, 7);
            var logits = Enumerable.Range(0, classes).Select(_ => random.Next(-4096, 4097) * Step).ToArray();
            var constants = Rows.Bind(Rows.Constants(random, classes));
            var guarantee = Rows.Bind(Guarantee(random, classes).Guarantee, classes);
            var epsilon = random.NextDouble();
            var selection = Bottom(logits, constants, guarantee, epsilon).Selection;
            var gradient = new float[classes];
            gradient.AsSpan().Fill(float.NaN);
            BottomLogit.Gradient(selection, gradient);
            Assert.AreEqual(1f, gradient.Sum());   // adding a constant to all logits adds it to y_⊥

            for (var c = 0; c < classes; c++)
            {
                var (up, down) = (Moved(c, Step), Moved(c, -Step));
                if (Pair(up.Selection) != Pair(selection) || Pair(down.Selection) != Pair(selection))
                    continue;
                compared++;
                Assert.AreEqual((up.Value - down.Value) / (2 * Step), gradient[c], 1e-9);
            }

            (BottomSelection Selection, double Value) Moved(int c, float step)
            {
                var moved = (float[])logits.Clone();
                moved[c] += step;
                return Bottom(moved, constants, guarantee, epsilon);
            }
        }
        Assert.IsGreaterThan(10_000, compared);

        static (int, int, int) Pair(BottomSelection selection) => (selection.Top, selection.Inside, selection.Outside);
    }

    [TestMethod]
    [DataRow(float.NaN, 0.1)]
    [DataRow(float.PositiveInfinity, 0.1)]
    [DataRow(float.NegativeInfinity, 0.1)]
    [DataRow(1f, double.NaN)]
    [DataRow(1f, -0.1)]
    [DataRow(1f, double.PositiveInfinity)]
    public void Value_LogitOrEpsilonOutOfRange_IsNaN(float logit, double epsilon)
    {
        var constants = Rows.Bind(new double[,] { { 0, 1, 1 }, { 1, 0, 1 }, { 1, 1, 0 } });
        foreach (var logits in (float[][])[[logit, 9, 5], [9, logit, 5], [9, 5, logit]])
        {
            var (selection, value) = Bottom(logits, constants, Rows.Bind(RobustnessGuarantee.RelaxedTopK(2), 3), epsilon);
            Assert.IsTrue(double.IsNaN(value) && double.IsNaN(selection.Margin) && !selection.IsAllowed);
            BottomLogit.Gradient(selection, new float[3]);
        }
    }

    [TestMethod]
    public void Select_NoSetAllowed_FallsBackToTop1()
    {
        var constants = Rows.Bind(new double[,] { { 0, 1, 1 }, { 1, 0, 1 }, { 1, 1, 0 } });
        var exact = Rows.Bind(RobustnessGuarantee.Affinity(AffinitySets.FromIndices([[0, 1]]), AffinityMatch.Exact), 3);

        Assert.AreEqual(new BottomSelection(0, 0, 2, 1, 0.75, false), Bottom([3, 1, 2], constants, exact, 0.25).Selection);
        // The allowed k = 2 displaces the fallback even where its margin is smaller.
        Assert.AreEqual(new BottomSelection(0, 1, 2, 2, 0.75, true), Bottom([9, 3, 2], constants, exact, 0.25).Selection);
    }

    [TestMethod]
    public void Select_OtherNumberOfClasses_Throws()
    {
        var constants = Rows.Bind(new double[2, 2]);
        Assert.ThrowsExactly<ArgumentException>(() => BottomLogit.Select([1, 2], [1, 0], constants, Rows.Bind(RobustnessGuarantee.Local, 3), 0));
        Assert.ThrowsExactly<ArgumentException>(() => BottomLogit.Select([1, 2, 3], [2, 1, 0], constants, Rows.Bind(RobustnessGuarantee.Local, 2), 0));
    }

    private static (BottomSelection Selection, double Value) Bottom(float[] logits, MarginConstants constants, BoundGuarantee guarantee, double epsilon)
    {
        var selection = BottomLogit.Select(logits, Rows.Order(logits), constants, guarantee, epsilon);
        return (selection, BottomLogit.Value(logits, constants, selection, epsilon));
    }

    private static (RobustnessGuarantee Guarantee, Func<int, bool> Allows) Guarantee(Random random, int classes)
    {
        if (random.Next(2) == 0)
        {
            var k = random.Next(1, classes);
            return (RobustnessGuarantee.RelaxedTopK(k), set => int.PopCount(set) <= k);
        }
        var family = Rows.Family(random, classes);
        bool exact = random.Next(2) == 0, singletons = random.Next(2) == 0;
        return (RobustnessGuarantee.Affinity(Rows.Family(classes, family), exact ? AffinityMatch.Exact : AffinityMatch.Subset, singletons), set => Oracle.Allows(set, family, exact, singletons, classes));
    }
}
