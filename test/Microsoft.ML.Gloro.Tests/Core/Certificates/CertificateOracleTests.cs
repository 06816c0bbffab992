using System.Numerics;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Tests.Core;

/// <summary>
/// The certificate against <see cref="Oracle"/>: every order, ties, every K, affinity families, both meanings, singletons on and off.
/// </summary>
[TestClass]
public sealed class CertificateOracleTests
{
    /// <summary>
    /// How much a radius may lie below the true one: rounding down to a float (2^−23 relative, or the smallest float), and
    /// <see cref="Certificate.Shrink"/>.
    /// </summary>
    private static void AssertJustBelow(double truth, float radius, float[] logits)
    {
        var least = (Math.Min(truth, float.MaxValue) * (1 - 1.3e-7)) - float.Epsilon;
        if (!float.IsFinite(radius) || radius < 0 || radius > truth || radius < least)
            Assert.Fail($"The radius {radius:R} is not just below {truth:R} for {string.Join(' ', logits)}");
    }

    [TestMethod]
    public void ComputeRadii_AllOrdersAndTies_EqualOracle()
    {
        var random = new Random(1);
        var rows = 0;
        for (var classes = 2; classes <= 6; classes++)
        {
            // Every row with values 0 … levels − 1 holds every order and every pattern of ties.
            var levels = classes <= 4 ? classes : 4;
            for (var code = 0; code < (int)Math.Pow(levels, classes); code++, rows++)
            {
                var logits = Enumerable.Range(0, classes).Select(c => (float)(code / (int)Math.Pow(levels, c) % levels)).ToArray();
                Compare(logits, Rows.Constants(random, classes));
            }
        }
        Assert.IsGreaterThan(5_000, rows);
    }

    [TestMethod]
    public void ComputeRadii_RandomRows_EqualOracle()
    {
        var random = new Random(2);
        for (var row = 0; row < 20_000; row++)
        {
            var classes = random.Next(2, 7);
            Compare(Rows.Logits(random, classes), Rows.Constants(random, classes));
        }
    }

    [TestMethod]
    public void ComputeRadii_ExtremeValues_NeverExceedExactRational()
    {
        var random = new Random(3);
        for (var row = 0; row < 3_000; row++)
        {
            var classes = random.Next(2, 6);
            // Any bits whatever: denormals, huge and tiny logits beside each other.
            var logits = Enumerable.Range(0, classes).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)))
                .Select(y => float.IsFinite(y) ? y : 1).ToArray();
            var constants = Rows.Constants(random, classes);
            var scale = Math.Pow(10, random.Next(-30, 30));
            foreach (var (i, j) in from i in Enumerable.Range(0, classes) from j in Enumerable.Range(0, classes) select (i, j))
                constants[i, j] *= scale;
            foreach (var error in (double[])[0, scale * random.NextDouble(), Math.Abs(logits[0]) * random.NextDouble()])
            {
                var radii = Rows.Radii(logits, Rows.Bind(constants), classes - 1, error);
                for (var k = 1; k < classes; k++)
                {
                    foreach (var (j, i) in Oracle.Pairs(classes, Oracle.Highest(logits, k)))
                    {
                        if (radii[k - 1] > 0 || error == 0)
                            Assert.IsLessThanOrEqualTo(
                                Exact(logits[j]) - Exact(logits[i]) - Exact(error),
                                (Exact(radii[k - 1]) * Exact(constants[i, j])) >> Scale,
                                $"k {k}, error {error}: {string.Join(' ', logits)}");
                    }
                }
            }
        }
    }

    [TestMethod]
    public void ComputeRadii_QuotientThatRoundsUpToAFloat_StaysBelowIt()
    {
        var misleading = 0;
        for (var margin = 1; margin <= 200; margin++)
        {
            for (var radius = 1; radius <= 50; radius++)
            {
                // K just above margin / radius: the true radius is just below a float, yet the division in double may give that float.
                var constant = Math.BitIncrement((double)margin / radius);
                if (margin / constant < radius || Exact(constant) * radius <= Exact(margin))
                    continue;
                misleading++;
                Assert.IsLessThan(radius, Rows.Radii([margin, 0], new MarginConstants([0, constant, constant, 0], 2), 1)[0]);
            }
        }
        Assert.IsGreaterThan(100, misleading);
    }

    [TestMethod]
    public void Allows_EveryFamilyOfUpToFourClasses_EqualsOracle()
    {
        for (var classes = 2; classes <= 4; classes++)
        {
            var sets = Enumerable.Range(1, (1 << classes) - 2).ToArray();
            var orders = Permutations(classes).ToArray();
            for (var members = 1; members < 1 << sets.Length; members++)
            {
                var family = sets.Where((_, index) => (members & (1 << index)) != 0).ToArray();
                // Four classes have 16,383 families; each is taken with one of the four meanings in turn, the smaller ones with all.
                for (var meaning = 0; meaning < 4; meaning++)
                {
                    if (classes < 4 || meaning == members % 4)
                        CompareAllowed(classes, family, orders, exact: meaning % 2 == 1, singletons: meaning / 2 == 1);
                }
            }
        }
    }

    [TestMethod]
    public void Evaluate_RandomRowsUnderEveryGuarantee_EqualsOracle()
    {
        var random = new Random(4);
        int certified = 0, rows = 30_000;
        for (var row = 0; row < rows; row++)
        {
            var classes = random.Next(2, 7);
            var logits = Rows.Logits(random, classes);
            var constants = Rows.Constants(random, classes);
            var truth = Oracle.Radii(logits, constants);
            var radii = Rows.Radii(logits, Rows.Bind(constants), classes - 1);

            var family = Rows.Family(random, classes);
            bool exact = random.Next(2) == 0, singletons = random.Next(2) == 0;
            var k = random.Next(1, classes);
            var (guarantee, allows) = random.Next(3) switch
            {
                0 => (RobustnessGuarantee.Local, (Func<int, bool>)(set => int.PopCount(set) == 1)),
                1 => (RobustnessGuarantee.RelaxedTopK(k), set => int.PopCount(set) <= k),
                _ => (
                    RobustnessGuarantee.Affinity(
                        Rows.Family(classes, family), exact ? AffinityMatch.Exact : AffinityMatch.Subset, singletons),
                    set => Oracle.Allows(set, family, exact, singletons, classes)),
            };
            // Sometimes exactly at a radius, where nothing may be certified, sometimes at 0 or not a valid ε at all.
            var epsilon = random.Next(8) switch
            {
                0 => 0f,
                1 => -1f,
                2 => float.NaN,
                3 or 4 => radii[random.Next(radii.Length)],
                _ => random.NextSingle(),
            };

            var result = Certificate.Evaluate(Rows.Bind(guarantee, classes), Rows.Order(logits), radii, epsilon);

            var allowed = truth.Select((r, index) => (r.Radius, r.Set, K: index + 1)).Where(r => r.Set != 0 && allows(r.Set)).ToArray();
            AssertJustBelow(allowed.Select(r => r.Radius).DefaultIfEmpty(0).Max(), result.LargestRadius, logits);
            // The computed radius, since a true one within a rounding of ε may not be certified.
            var holding = allowed.Where(r => epsilon >= 0 && r.Radius > epsilon && radii[r.K - 1] > epsilon).Select(r => r.K)
                .DefaultIfEmpty(0).ToArray();
            var (tightest, loosest) = (holding.Min(), holding.Max());
            var expected =
                new CertifiedSet(tightest > 0 ? radii[tightest - 1] : result.LargestRadius, tightest, loosest, result.LargestRadius);
            if (expected != result || (epsilon >= 0 && result.Radius > epsilon != tightest > 0))
                Assert.Fail($"{result}, not {expected}, for {guarantee} at {epsilon}: {string.Join(' ', logits)}");
            certified += result.LoosestK > 0 ? 1 : 0;
        }
        Assert.IsTrue(
            certified > rows / 10 && certified < rows * 9 / 10, $"{certified} of {rows} rows are certified; the test is not telling.");
    }

    [TestMethod]
    public void ReachableLabels_RandomRows_EqualDefinitionAndLieInEveryCertifiedSet()
    {
        var random = new Random(5);
        int certified = 0, partly = 0;
        for (var row = 0; row < 20_000; row++)
        {
            var classes = random.Next(2, 7);
            var logits = Rows.Logits(random, classes);
            var constants = Rows.Constants(random, classes);
            var epsilon = random.Next(4) == 0 ? 0 : random.NextSingle();
            var reachable = Rows.Reachable(logits, Rows.Bind(constants), epsilon);

            var order = Rows.Order(logits);
            var finite = logits.All(float.IsFinite);
            var top = order[0];
            var expected = order.Where(i => !finite || i == top || logits[i] + ((double)epsilon * constants[i, top]) >= logits[top])
                .ToArray();
            CollectionAssert.AreEqual(expected, reachable);
            partly += reachable.Length > 1 && reachable.Length < classes ? 1 : 0;

            var radii = Rows.Radii(logits, Rows.Bind(constants), classes - 1);
            var k = Certificate.Evaluate(
                Rows.Bind(RobustnessGuarantee.RelaxedTopK(classes - 1), classes), order, radii, epsilon).TightestK;
            if (k > 0)
            {
                certified++;
                Assert.IsLessThanOrEqualTo(k, reachable.Length);
                CollectionAssert.IsSubsetOf(reachable, order[..k]);
            }
        }
        Assert.IsGreaterThan(1_000, Math.Min(certified, partly));
    }

    /// <summary>
    /// Fixed point with 1,400 binary places: a float times a double is a multiple of 2^−1223, so that nothing is lost when a product is
    /// shifted back.
    /// </summary>
    private const int Scale = 1400;

    private static BigInteger Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        var magnitude = new BigInteger(exponent == 0 ? mantissa : mantissa | (1L << 52)) << (Scale - 1075 + Math.Max(exponent, 1));
        return bits < 0 ? -magnitude : magnitude;
    }

    private static void Compare(float[] logits, double[,] constants)
    {
        var truth = Oracle.Radii(logits, constants);
        var bound = Rows.Bind(constants);
        var radii = Rows.Radii(logits, bound, truth.Length);
        for (var k = 1; k <= truth.Length; k++)
            AssertJustBelow(truth[k - 1].Radius, radii[k - 1], logits);
        // Fewer radii are the same radii.
        CollectionAssert.AreEqual(radii[..(truth.Length / 2)], Rows.Radii(logits, bound, truth.Length / 2));
        Assert.AreEqual(logits.All(float.IsFinite), Certificate.TryOrder(logits, new int[logits.Length]));
    }

    private static void CompareAllowed(int classes, int[] family, int[][] orders, bool exact, bool singletons)
    {
        var guarantee = RobustnessGuarantee.Affinity(
            Rows.Family(classes, family), exact ? AffinityMatch.Exact : AffinityMatch.Subset, singletons);
        var bound = Rows.Bind(guarantee, classes);
        foreach (var order in orders)
        {
            var set = 0;
            for (var k = 1; k <= classes; k++)
            {
                set |= 1 << order[k - 1];
                if (Oracle.Allows(set, family, exact, singletons, classes) != bound.Allows(order, k))
                    Assert.Fail($"k {k} of order {string.Join(' ', order)} under {guarantee}");
            }
        }
    }

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1)
            .SelectMany(rest => Enumerable.Range(0, count).Select(at => (int[])[.. rest[..at], count - 1, .. rest[at..]]));
}
